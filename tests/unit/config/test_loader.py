"""The configuration of a stack, as the CLI passes it on: what is accepted and what is said."""

import json
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pytest
from pydantic import SecretStr

from config import loader
from config.models import StackConfig
from tests.unit.conftest import PROJECT

REGISTRIES = {"ghcr": {"server": "ghcr.io", "username": "ci-bot", "password": "hunter2"}}


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Name the project and the stack; the folder of the stack files is empty."""
    monkeypatch.setattr(pulumi, "get_project", lambda: PROJECT)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    monkeypatch.setattr(loader, "_FOLDER", tmp_path)
    return tmp_path


def configure(values: Mapping[str, object], *, encrypted: bool = True) -> None:
    pulumi.runtime.set_all_config(
        {
            f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        },
        [f"{PROJECT}:registries"] if encrypted else [],
    )


def problems(values: Mapping[str, object], *, encrypted: bool = True) -> list[str]:
    configure(values, encrypted=encrypted)
    with pytest.raises(loader.ConfigError) as caught:
        loader.load()
    assert isinstance(caught.value, pulumi.RunError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    head, *lines = str(caught.value).splitlines()
    assert head == "The configuration of stack dev cannot be used:"
    return [line.removeprefix(f"  {PROJECT}:") for line in lines]


def services(**service: object) -> dict[str, object]:
    return {
        "registries": REGISTRIES,
        "namespaces": {"apps": {"registries": ["ghcr"]}},
        "services": {"hello": {"namespace": "apps", "image": "ghcr.io/a/b", **service}},
    }


def test_loads_everything_at_once() -> None:
    configure(
        {
            "registries": REGISTRIES,
            "namespaces": {
                "apps": {
                    "create": True,
                    "registries": ["ghcr"],
                    "serviceAccounts": {"default": "patch", "builder": {"mode": "own"}},
                }
            },
            "services": {
                "hello": {"namespace": "apps", "image": "ghcr.io/acme/hello:1.0", "env": {"A": "B"}}
            },
            "verify": "warn",
        }
    )
    stack = loader.load()
    assert stack.registries["ghcr"].password == SecretStr("hunter2")
    assert stack.namespaces["apps"].service_accounts["default"].mode == "patch"
    assert stack.namespaces["apps"].service_accounts["builder"].mode == "own"
    assert stack.services["hello"].env == {"A": "B"}
    assert stack.verify == "warn"
    assert "hunter2" not in repr(stack)


def test_an_empty_configuration_is_one() -> None:
    configure({})
    assert loader.load() == StackConfig()


def test_keys_of_others_are_not_ours() -> None:
    pulumi.runtime.set_all_config({"kubernetes:context": "lab", "aws:region": "x"})
    assert loader.load() == StackConfig()


def test_says_all_problems_at_once() -> None:
    assert problems(
        {
            "registries": {"ghcr": {"sever": "ghcr.io", "username": "ci-bot", "password": 12345}},
            "namespaces": {"apps": {"registries": "ghcr", "create": "perhaps"}},
            "services": {"hello": {"namspace": "apps", "port": 0, "containerConcurrency": "many"}},
            "sevices": "{}",
            "verify": "maybe",
        }
    ) == [
        "registries.ghcr.password: is not a string. "
        "Set it with: pulumi config set --secret --path registries.ghcr.password",
        'registries.ghcr.sever: unknown key. Did you mean "server"?',
        "namespaces.apps.create: must be true or false",
        "namespaces.apps.registries: must be a list",
        "services.hello.image: is missing. Set it with: pulumi config set --path services.hello.image VALUE",
        "services.hello.namespace: is missing. "
        "Set it with: pulumi config set --path services.hello.namespace VALUE",
        "services.hello.port: must be greater than or equal to 1",
        "services.hello.containerConcurrency: must be a whole number",
        'services.hello.namspace: unknown key. Did you mean "namespace"?',
        "verify: must be 'error', 'warn' or 'off'",
        'sevices: unknown key. Did you mean "services"?',
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            {"registries": {"ghcr": {"server": "ghcr.io"}}},
            [
                "registries.ghcr.username: is missing. "
                "Set it with: pulumi config set --path registries.ghcr.username NAME",
                "registries.ghcr.password: is missing. "
                "Set it with: pulumi config set --secret --path registries.ghcr.password",
            ],
            id="no credentials",
        ),
        pytest.param(
            {"registries": {"ghcr": {"username": "", "password": ""}}},
            [
                "registries.ghcr.password: is empty. "
                "Set it with: pulumi config set --secret --path registries.ghcr.password",
            ],
            id="empty credentials",
        ),
        pytest.param(
            {"registries": {"old": {"dockerConfigJson": "{}", "username": "me"}}},
            [
                "registries.old.username: does not go with dockerConfigJson, which has servers and accounts "
                "of its own. Remove one of the two"
            ],
            id="docker config and username",
        ),
        pytest.param(
            {"registries": {"GHCR": REGISTRIES["ghcr"]}},
            [
                "registries.GHCR: not a valid name. Use at most 63 lower-case letters, digits and '-', "
                "starting and ending with a letter or digit, for example 'team-a'"
            ],
            id="key that is no name",
        ),
        pytest.param(
            {"registries": {"ghcr": {**REGISTRIES["ghcr"], "secretName": "Bad_Name"}}},
            [
                "registries.ghcr.secretName: not a valid name. Use at most 253 lower-case letters, digits, "
                "'-' and '.', starting and ending with a letter or digit, for example 'container-registry'"
            ],
            id="bad secret name",
        ),
        pytest.param(
            {"registries": REGISTRIES, "namespaces": {"apps": {"registries": ["gchr", "ghcr", "ghcr"]}}},
            [
                'namespaces.apps.registries[0]: unknown registry. Did you mean "ghcr"?',
                "namespaces.apps.registries[2]: is in the list already. Remove one of the two",
            ],
            id="unknown registry",
        ),
        pytest.param(
            {"namespaces": {"apps": {"registries": ["ghcr"]}}},
            ["namespaces.apps.registries[0]: unknown registry. None is declared."],
            id="no registries at all",
        ),
        pytest.param(
            {
                "registries": {
                    "one": {**REGISTRIES["ghcr"], "secretName": "same"},
                    "two": {**REGISTRIES["ghcr"], "server": "quay.io", "secretName": "same"},
                },
                "namespaces": {"apps": {"registries": ["one", "two"]}},
            },
            [
                'namespaces.apps.registries[1]: "two" and "one" would both be the Secret "same". '
                "Give one of them another secretName"
            ],
            id="one secret for two registries",
        ),
        pytest.param(
            {
                "registries": {
                    "one": {**REGISTRIES["ghcr"], "server": "docker.io"},
                    "two": {"username": "me", "password": "hunter2"},
                },
                "namespaces": {"apps": {"registries": ["one", "two"]}},
            },
            [
                'namespaces.apps.registries[1]: "two" is the same server as "one", and Knative would use '
                "the first only. Remove one of the two, or limit each to a path"
            ],
            id="one server twice",
        ),
        pytest.param(
            {"registries": {"ghcr": {**REGISTRIES["ghcr"], "server": "https://user:hunter2@ghcr.io"}}},
            [
                'registries.ghcr: "https://***@ghcr.io": credentials in the URL are ignored by '
                "Kubernetes. To mend it, set username and password instead"
            ],
            id="credentials in the server",
        ),
        pytest.param(
            {"registries": {"ghcr": {**REGISTRIES["ghcr"], "username": "ci:bot"}}},
            [
                'registries.ghcr: the username holds ":", and everything after it would be taken as the '
                "password. To mend it, give the username without the colon"
            ],
            id="colon in the username",
        ),
        pytest.param(
            {"registries": {"old": {"dockerConfigJson": '{"ghcr.io": {"auth": "hunter2"}}'}}},
            [
                'registries.old: the docker config misses "auths"; it looks like a legacy '
                '.dockercfg. To mend it, wrap it: {"auths": <content>}'
            ],
            id="legacy docker config",
        ),
        pytest.param(
            services(
                templateOverrides={"imagePullSecrets": [{"name": "x"}]},
                resources={"limits": {"memory": "64Mi"}},
            ),
            [
                "services.hello: spec.template.imagePullSecrets would be silently dropped by the API server; "
                "belongs at spec.template.spec.imagePullSecrets"
            ],
            id="misplaced field",
        ),
        pytest.param(
            services(resources={"limits": {"memory": "64 MB"}}),
            [
                "services.hello.resources: is not a quantity. Write a number with a suffix such as m, k, M, G, "
                "Ki, Mi or Gi"
            ],
            id="no quantity",
        ),
        pytest.param(
            {
                "registries": REGISTRIES,
                "namespaces": {
                    "apps": {
                        "labels": {"a": "b"},
                        "registries": ["ghcr"],
                        "serviceAccounts": {
                            "default": "own",
                            "a": {"mode": "own", "force": True},
                            "b": {"mode": "merge", "extraPullSecrets": ["x"]},
                            "c": "take",
                        },
                    }
                },
            },
            ["namespaces.apps.serviceAccounts.c.mode: must be 'own', 'patch' or 'merge'"],
            id="unknown mode",
        ),
        pytest.param(
            {
                "registries": REGISTRIES,
                "namespaces": {
                    "apps": {
                        "labels": {"a": "b"},
                        "registries": ["ghcr"],
                        "serviceAccounts": {
                            "default": "own",
                            "a": {"mode": "own", "force": True},
                            "b": {"mode": "merge", "extraPullSecrets": ["x"]},
                        },
                    },
                    "bare": {"serviceAccounts": {"default": "patch"}},
                },
            },
            [
                "namespaces.apps.labels: needs create: true, since the namespace is not ours. "
                "Set it or remove labels",
                "namespaces.apps.serviceAccounts.default: Kubernetes makes this service account itself, so "
                "it cannot be ours. Use patch or merge",
                "namespaces.apps.serviceAccounts.a.force: has no meaning with own. Use patch or remove it",
                "namespaces.apps.serviceAccounts.b.extraPullSecrets: merge keeps the entries of others "
                "anyway. Remove it",
                "namespaces.bare.serviceAccounts.default: has no pull secrets to get. "
                "List registries under namespaces.bare.registries",
            ],
            id="rules of service accounts",
        ),
        pytest.param(
            {**services(), "namespaces": {"app": {"registries": ["ghcr"]}}},
            ['services.hello.namespace: unknown namespace. Did you mean "app"?'],
            id="service in an undeclared namespace",
        ),
        pytest.param(
            {
                **services(),
                "services": {
                    "one": {"namespace": "apps", "image": "a/b", "name": "hello"},
                    "two": {"namespace": "apps", "image": "a/b", "name": "hello"},
                },
            },
            ['services.two.name: is the same Knative Service as "one". Rename one of the two'],
            id="one service twice",
        ),
        pytest.param(
            services(visibility="private"),
            [
                "services.hello.visibility: any value makes the Knative Service cluster-local, whatever it "
                "says. Use cluster-local, or leave the key out for a public one"
            ],
            id="visibility private",
        ),
        pytest.param(
            services(env={"A": 1, "B": True}),
            [
                "services.hello.env.A: is not a string. Put it in quotes",
                "services.hello.env.B: is not a string. Put it in quotes",
            ],
            id="environment that is no text",
        ),
        pytest.param(
            services(
                env={"A": "1"},
                envFromSecrets={"A": {"name": "x", "key": "y"}},
                volumes={"/etc/x": {"secret": "a", "configMap": "b"}, "/etc/y.z": {}},
            ),
            [
                'services.hello.volumes["/etc/x"]: needs either secret or configMap. Give one of them',
                'services.hello.volumes["/etc/y.z"]: needs either secret or configMap. Give one of them',
                "services.hello.envFromSecrets.A: has a value already. Remove one of the two",
            ],
            id="contradicting parts of a service",
        ),
        pytest.param(
            services(containers=[{"name": "side", "image": "a/b", "prot": 1}]),
            ["services.hello.containers[0].prot: unknown key. Known: args, command, env, "],
            id="unknown key in a list",
        ),
    ],
)
def test_what_is_wrong_and_what_to_do(values: Mapping[str, object], expected: list[str]) -> None:
    found = problems(values)
    assert len(found) == len(expected)
    for line, wanted in zip(found, expected, strict=True):
        assert line == wanted or (wanted.endswith(", ") and line.startswith(wanted)), line


@pytest.mark.parametrize(
    "values",
    [
        {"registries": '{"ghcr": {"password": "hunter2"'},
        {"registries": '"hunter2"'},
        {"registries": ["hunter2"]},
        {"registries": {"ghcr": "hunter2"}},
        {"registries": {"ghcr": {"pasword": "hunter2"}}},
        {"registries": {"ghcr": {"server": {"hunter2": "hunter2"}}}},
        {"registries": {"ghcr": {"username": ["hunter2"], "password": {"a": "hunter2"}}}},
        {"registries": {"ghcr": {"serverVerbatim": "hunter2", "password": "hunter2"}}},
        {"namespaces": {"apps": {"registries": ["hunter2"]}}},
        {"services": {"hello": {"namespace": "hunter2", "image": 1, "port": "hunter2"}}},
        {"cluster": "hunter2"},
        {"verify": "hunter2"},
    ],
)
def test_never_shows_a_value(values: Mapping[str, object]) -> None:
    said = "\n".join(problems(values, encrypted=False))
    assert "hunter2" not in said.replace("server.hunter2", "")


def test_an_encrypted_value_that_would_be_in_clear_is_refused() -> None:
    pulumi.runtime.set_all_config(
        {f"{PROJECT}:{key}": json.dumps(value) for key, value in services(env={"A": "hunter2"}).items()},
        [f"{PROJECT}:registries", f"{PROJECT}:services"],
    )
    with pytest.raises(loader.ConfigError) as caught:
        loader.load()
    assert str(caught.value) == (
        "The configuration of stack dev cannot be used:\n"
        f"  {PROJECT}:services: has an encrypted value, which would be in clear in the cluster. "
        "Put it in a Secret and name that, for example in envFromSecrets"
    )


def test_bad_json_names_the_key_only() -> None:
    assert problems({"registries": '{"ghcr": '}) == [
        "registries: is not valid JSON. Set single values with: pulumi config set --path registries.KEY VALUE"
    ]


class TestPlaintext:
    """Credentials that are not encrypted."""

    LINE = (
        "registries.ghcr.password: is not encrypted, so that everybody who can read the file has it. "
        "Set it again with: pulumi config set --secret --path registries.ghcr.password"
    )

    def test_nothing_is_encrypted(self) -> None:
        assert problems({"registries": REGISTRIES}, encrypted=False) == [self.LINE]

    def test_one_is_and_another_is_not(self, project: Path) -> None:
        registries = {**REGISTRIES, "hub": {"username": "me", "password": "hunter3"}}
        (project / "Pulumi.dev.yaml").write_text(
            f"config:\n  {PROJECT}:registries:\n"
            "    ghcr: {server: ghcr.io, username: ci-bot, password: hunter2}\n"
            "    hub: {username: me, password: {secure: v1:abc}}\n"
        )
        assert problems({"registries": registries}) == [self.LINE]

    def test_another_file_is_in_use(self, project: Path) -> None:
        (project / "Pulumi.dev.yaml").write_text(
            f"config:\n  {PROJECT}:registries:\n    ghcr: {{username: u, password: an old one}}\n"
        )
        configure({"registries": REGISTRIES})
        assert loader.load().registries["ghcr"].password == SecretStr("hunter2")

    @pytest.mark.parametrize("content", ["[", "[]", "config: 1", ""])
    def test_a_file_that_cannot_be_read_is_no_problem_of_the_program(
        self, project: Path, content: str
    ) -> None:
        (project / "Pulumi.dev.yaml").write_text(content)
        configure({"registries": REGISTRIES})
        loader.load()
