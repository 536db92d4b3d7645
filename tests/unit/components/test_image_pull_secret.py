"""ImagePullSecret: the Secret as it reaches the cluster."""

import base64

import pulumi
import pytest

from components import ImagePullSecret, ImagePullSecretArgs
from components.errors import ArgumentError
from tests.unit.conftest import SECRET, UNKNOWN, Deploy, unknown

PASSWORD = 'p"a&<\\ü'


def declare(**changes: pulumi.Input[str] | bool) -> ImagePullSecret:
    values: dict[str, object] = {
        "namespace": "apps",
        "secret_name": "container-registry",
        "server": "ghcr.io",
        "username": "ci-bot",
        "password": PASSWORD,
        "email": "ci-bot@example.test",
        **changes,
    }
    return ImagePullSecret("registry", ImagePullSecretArgs(**values))  # type: ignore[arg-type]  # by name


def content(deploy: Deploy, **changes: pulumi.Input[str] | bool) -> str:
    secret = deploy(lambda: declare(**changes)).one("core/v1:Secret")
    text = secret.inputs["stringData"][SECRET][".dockerconfigjson"]
    assert isinstance(text, str)
    return text


def test_is_the_secret_that_kubectl_makes(deploy: Deploy) -> None:
    deployment = deploy(declare)

    component = deployment.one("knative-private-registry:index:ImagePullSecret", "registry")
    secret = deployment.one("kubernetes:core/v1:Secret", "registry")
    assert secret.parent == component.urn
    assert secret.inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "container-registry", "namespace": "apps"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {
            SECRET: {
                ".dockerconfigjson": '{"auths":{"ghcr.io":{"username":"ci-bot",'
                '"password":"p\\"a\\u0026\\u003c\\\\ü","email":"ci-bot@example.test",'
                '"auth":"Y2ktYm90OnAiYSY8XMO8"}}}'
            }
        },
    }
    assert component.outputs == {"secretName": "container-registry"}
    assert len(deployment.resources) == 2


def test_without_email_there_is_no_email(deploy: Deploy) -> None:
    assert content(deploy, email="") == (
        '{"auths":{"ghcr.io":{"username":"ci-bot","password":"p\\"a\\u0026\\u003c\\\\ü",'
        '"auth":"Y2ktYm90OnAiYSY8XMO8"}}}'
    )


def test_without_server_it_is_docker_hub(deploy: Deploy) -> None:
    def program() -> None:
        ImagePullSecret(
            "hub", ImagePullSecretArgs(namespace="apps", secret_name="hub", username="u", password="p")
        )

    secret = deploy(program).one("core/v1:Secret")
    assert secret.inputs["stringData"] == {
        SECRET: {
            ".dockerconfigjson": '{"auths":{"https://index.docker.io/v1/":'
            '{"username":"u","password":"p","auth":"dTpw"}}}'
        }
    }


def test_a_path_on_docker_hub_has_a_key_for_each_reader(deploy: Deploy) -> None:
    entry = '{"username":"u","password":"p","auth":"dTpw"}'
    assert content(deploy, server="docker.io/acme", username="u", password="p", email="") == (
        f'{{"auths":{{"index.docker.io/acme":{entry},"docker.io/acme":{entry}}}}}'
    )


def test_a_server_is_made_canonical_and_that_is_said(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare(server="https://GHCR.io/"))
    assert '"ghcr.io"' in deployment.one("core/v1:Secret").inputs["stringData"][SECRET][".dockerconfigjson"]
    assert deployment.log == [
        ("warning", '"https://GHCR.io/": host names are compared by case; write "ghcr.io" [server-host-case]')
    ]


def test_a_verbatim_server_is_kept_and_what_it_breaks_is_said(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare(server="https://docker.io/", server_verbatim=True))
    assert (
        '{"auths":{"https://docker.io/":'
        in deployment.one("core/v1:Secret").inputs["stringData"][SECRET][".dockerconfigjson"]
    )
    assert [level for level, _ in deployment.log] == ["warning"]
    assert "only understood by the kubelet" in deployment.log[0][1]


def test_a_docker_config_is_kept_byte_for_byte(deploy: Deploy) -> None:
    config = '{ "auths": {"ghcr.io": {"auth": "dTpw"}} }\n'

    def program() -> None:
        ImagePullSecret(
            "old",
            ImagePullSecretArgs(
                namespace="apps", secret_name="old", docker_config_json=pulumi.Output.secret(config)
            ),
        )

    assert deploy(program).one("core/v1:Secret").inputs["stringData"] == {
        SECRET: {".dockerconfigjson": config}
    }


def test_values_may_be_outputs(deploy: Deploy) -> None:
    out = pulumi.Output.from_input
    text = content(deploy, server=out("ghcr.io"), username=out("u"), password=out("p"), email=out(""))
    assert text == '{"auths":{"ghcr.io":{"username":"u","password":"p","auth":"dTpw"}}}'


def test_what_is_unknown_in_preview_stays_unknown(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare(password=unknown()), preview=True)
    secret = deployment.one("core/v1:Secret")
    assert secret.inputs["stringData"] == {SECRET: UNKNOWN}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"server": "ghcr.io/acme/app:1.0"},
            r'^registry: "ghcr.io/acme/app:1.0" looks like an image reference',
        ),
        ({"server": ""}, r"^registry: .*\[server-empty\]$"),
        (
            {"password": None},
            r"^registry: needs username and password, or docker_config_json. Give one of them$",
        ),
        (
            {"docker_config_json": "{}"},
            r"^registry: docker_config_json has servers and accounts of its own. "
            r"Leave out server, username, password and email$",
        ),
    ],
)
def test_refuses_before_any_resource(deploy: Deploy, changes: dict[str, str], message: str) -> None:
    registered = []

    def program() -> None:
        with pytest.raises(ArgumentError, match=message):
            declare(**changes)
        registered.append("after")

    deployment = deploy(program)
    assert registered == ["after"]
    assert deployment.named("core/v1:Secret") == []


def test_refuses_a_docker_config_that_no_reader_could_use(deploy: Deploy) -> None:
    def program() -> None:
        ImagePullSecret(
            "old",
            ImagePullSecretArgs(
                namespace="apps",
                secret_name="old",
                docker_config_json=pulumi.Output.secret('{"ghcr.io":{"auth":"dTpw"}}'),
            ),
        )

    with pytest.raises(ArgumentError, match=r'^old: the docker config misses "auths"'):
        deploy(program)


def test_an_empty_password_is_refused_without_showing_anything(deploy: Deploy) -> None:
    with pytest.raises(ArgumentError, match=r"^registry: the password is empty; .* \[password-empty\]$"):
        deploy(lambda: declare(password=pulumi.Output.secret("")))


def test_no_credential_is_in_clear(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare(password="hunter2-secret"))
    for form in forms("ci-bot", "hunter2-secret"):
        assert form not in deployment.in_clear()


def test_the_leak_check_finds_a_leak(deploy: Deploy) -> None:
    """The control: the check above would notice a credential in clear."""

    def program() -> None:
        component = declare(password="hunter2-secret")
        component.register_outputs({"oops": "hunter2-secret"})

    assert "hunter2-secret" in deploy(program).in_clear()


def test_repr_shows_no_credential() -> None:
    args = ImagePullSecretArgs(
        namespace="apps", secret_name="s", username="u", password="hunter2", docker_config_json="hunter3"
    )
    assert "hunter" not in repr(args)


def forms(username: str, password: str) -> list[str]:
    """Give a password as it must not be seen: plain, base64, and inside of `auth`."""
    return [
        password,
        base64.b64encode(password.encode()).decode(),
        base64.b64encode(f"{username}:{password}".encode()).decode(),
    ]
