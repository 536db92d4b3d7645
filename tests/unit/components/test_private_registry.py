"""PrivateRegistry: how its parts are put together."""

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from components import (
    KnativeServiceArgs,
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ServiceAccountArgs,
)
from components.errors import ArgumentError
from tests.unit.conftest import Deploy, unknown

TOKEN = "knative-private-registry:index:PrivateRegistry"


def ghcr() -> RegistryArgs:
    return RegistryArgs(
        server="ghcr.io",
        username="ci-bot",
        password=pulumi.Output.secret("hunter2"),
        secret_name="ghcr-secret",
    )


def hub() -> RegistryArgs:
    return RegistryArgs(username="acme", password=pulumi.Output.secret("hunter3"), secret_name="hub-secret")


def two_namespaces() -> PrivateRegistryArgs:
    return PrivateRegistryArgs(
        registries={"ghcr": ghcr(), "hub": hub()},
        namespaces={
            "apps": NamespaceArgs(
                create=True,
                labels={"team": "a"},
                registries=["hub", "ghcr"],
                service_accounts={
                    "default": ServiceAccountArgs(mode="patch", extra_pull_secrets=["other"]),
                    "builder": ServiceAccountArgs(mode="own"),
                },
            ),
            "jobs": NamespaceArgs(registries=["ghcr"]),
        },
        services={
            "hello": KnativeServiceArgs(namespace="apps", image="ghcr.io/acme/hello:1.0"),
            "build": KnativeServiceArgs(
                namespace="apps", image="ghcr.io/acme/build:1.0", service_account_name="builder"
            ),
            "job": KnativeServiceArgs(
                namespace="jobs",
                name="job-runner",
                image="ghcr.io/acme/job:1.0",
                image_pull_secrets=["ghcr-secret", "other"],
            ),
        },
    )


def test_makes_each_part_once_under_a_name_of_its_own(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))

    assert deployment.named("core/v1:Namespace") == ["r/apps"]
    assert deployment.named("core/v1:Secret") == ["r/apps/ghcr", "r/apps/hub", "r/jobs/ghcr"]
    assert deployment.named("core/v1:ServiceAccount") == ["r/apps/builder"]
    assert deployment.named("core/v1:ServiceAccountPatch") == ["r/apps/default"]
    assert deployment.named("serving.knative.dev/v1:Service") == ["r/build", "r/hello", "r/job"]
    top = deployment.one(TOKEN, "r")
    for component in ("ImagePullSecret", "ServiceAccountPullSecrets", "KnativeService"):
        for name in deployment.named(f"index:{component}"):
            assert deployment.one(f"index:{component}", name).parent == top.urn
    assert top.outputs == {
        "secretNames": {
            "apps": {"hub": "hub-secret", "ghcr": "ghcr-secret"},
            "jobs": {"ghcr": "ghcr-secret"},
        },
        "serviceAccounts": {"apps": {"default": "default", "builder": "builder"}, "jobs": {}},
        "urls": {
            "hello": "http://hello.apps.example.test",
            "build": "http://build.apps.example.test",
            "job": "http://job-runner.jobs.example.test",
        },
        "expires": {"ghcr": None, "hub": None},
        "coverage": [
            {
                "namespace": namespace,
                "knativeService": service,
                "image": f"ghcr.io/acme/{service}:1.0",
                "reader": reader,
                "result": "credential",
                "secrets": "ghcr-secret",
            }
            for namespace, service in (("apps", "hello"), ("apps", "build"), ("jobs", "job"))
            for reader in ("kubelet", "knative")
        ],
    }


def test_the_namespace_is_made_first_and_takes_everything_with_it(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))

    namespace = deployment.one("core/v1:Namespace")
    assert namespace.inputs["metadata"] == {"name": "apps", "labels": {"team": "a"}}
    assert deployment.one("core/v1:Secret", "r/apps/ghcr").dependencies == {namespace.urn}
    assert namespace.urn in deployment.one("core/v1:ServiceAccountPatch", "r/apps/default").dependencies
    for component in ("ImagePullSecret", "ServiceAccountPullSecrets", "KnativeService"):
        for name in deployment.named(f"index:{component}"):
            resource = deployment.one(f"index:{component}", name)
            assert resource.deleted_with == ("" if name in ("r/jobs/ghcr", "r/job") else namespace.urn)


def test_the_list_has_the_order_of_the_registries_and_waits_for_the_secrets(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))

    patch = deployment.one("core/v1:ServiceAccountPatch")
    assert patch.inputs["imagePullSecrets"] == [
        {"name": "hub-secret"},
        {"name": "ghcr-secret"},
        {"name": "other"},
    ]
    assert patch.dependencies == {
        deployment.one("core/v1:Namespace").urn,
        deployment.one("core/v1:Secret", "r/apps/hub").urn,
        deployment.one("core/v1:Secret", "r/apps/ghcr").urn,
    }


def test_a_knative_service_waits_for_the_service_account_it_runs_as(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))

    hello = deployment.one("serving.knative.dev/v1:Service", "r/hello")
    assert hello.inputs["spec"]["template"]["spec"] == {
        "serviceAccountName": "default",
        "containers": [{"image": "ghcr.io/acme/hello:1.0"}],
    }
    assert deployment.one("core/v1:ServiceAccountPatch").urn in hello.dependencies
    build = deployment.one("serving.knative.dev/v1:Service", "r/build")
    assert build.inputs["spec"]["template"]["spec"]["serviceAccountName"] == "builder"
    assert deployment.one("core/v1:ServiceAccount", "r/apps/builder").urn in build.dependencies


def test_a_knative_service_waits_for_the_pull_secrets_that_it_names(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))

    job = deployment.one("serving.knative.dev/v1:Service", "r/job")
    assert job.inputs["metadata"]["name"] == "job-runner"
    assert job.inputs["spec"]["template"]["spec"] == {
        "imagePullSecrets": [{"name": "ghcr-secret"}, {"name": "other"}],
        "containers": [{"image": "ghcr.io/acme/job:1.0"}],
    }
    assert job.dependencies == {deployment.one("core/v1:Secret", "r/jobs/ghcr").urn}


def test_no_credential_is_in_clear(deploy: Deploy) -> None:
    deployment = deploy(lambda: PrivateRegistry("r", two_namespaces()))
    assert "hunter" not in deployment.in_clear()
    # base64 of "ci-bot:hunter2" and "acme:hunter3"
    assert "Y2ktYm90Omh1bnRlcjI" not in deployment.in_clear()
    assert "YWNtZTpodW50ZXIz" not in deployment.in_clear()


def test_two_in_one_program_do_not_collide(deploy: Deploy) -> None:
    def program() -> None:
        PrivateRegistry("one", two_namespaces())
        PrivateRegistry(
            "two",
            PrivateRegistryArgs(
                registries={"ghcr": ghcr()}, namespaces={"more": NamespaceArgs(registries=["ghcr"])}
            ),
        )

    deployment = deploy(program)
    urns = [resource.urn for resource in deployment.resources]
    assert len(urns) == len(set(urns))


def test_names_do_not_depend_on_the_order_of_the_maps(deploy: Deploy) -> None:
    args = two_namespaces()
    turned = PrivateRegistryArgs(
        registries=dict(reversed([*args.registries.items()])),
        namespaces=dict(reversed([*args.namespaces.items()])),
        services=dict(reversed([*args.services.items()])),
    )
    first = deploy(lambda: PrivateRegistry("r", args))
    second = deploy(lambda: PrivateRegistry("r", turned))
    assert {resource.urn for resource in first.resources} == {resource.urn for resource in second.resources}


def test_options_reach_the_right_resources_inside_another_component(deploy: Deploy) -> None:
    class Platform(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("acme:index:Platform", "platform")
            provider = kubernetes.Provider("elsewhere", opts=pulumi.ResourceOptions(parent=self))
            PrivateRegistry(
                "r",
                two_namespaces(),
                pulumi.ResourceOptions(
                    parent=self, provider=provider, protect=True, aliases=[pulumi.Alias(name="old")]
                ),
            )
            self.register_outputs({})

    deployment = deploy(Platform)
    platform = deployment.one("acme:index:Platform")
    provider = deployment.one("pulumi:providers:kubernetes")
    assert deployment.one(TOKEN).parent == platform.urn
    for resource in deployment.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.provider.startswith(provider.urn)
            assert resource.protect
            # The alias of the component is not its children's; the SDK derives theirs from it.
            assert all("old" in alias for alias in resource.aliases)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            PrivateRegistryArgs(registries={}, namespaces={"apps": NamespaceArgs(registries=["ghcr"])}),
            r'^r: namespace "apps" names registry "ghcr", which is not among the registries: none\. '
            r"Add it there$",
        ),
        (
            PrivateRegistryArgs(
                registries={},
                namespaces={"apps": NamespaceArgs()},
                services={"hello": KnativeServiceArgs(namespace="app", image="a/b")},
            ),
            r'^r: the namespace of Knative Service "hello" is not among the namespaces: apps\. Add it there, '
            r"and name it as a plain string$",
        ),
    ],
)
def test_refuses_what_is_not_declared(deploy: Deploy, args: PrivateRegistryArgs, message: str) -> None:
    def program() -> None:
        PrivateRegistry("r", args)

    with pytest.raises(ArgumentError, match=message):
        deploy(program)


class TestCoverage:
    """The check of who can pull what."""

    def args(self, **changes: object) -> PrivateRegistryArgs:
        values: dict[str, object] = {
            "registries": {"ghcr": ghcr()},
            "namespaces": {
                "apps": NamespaceArgs(
                    registries=["ghcr"], service_accounts={"default": ServiceAccountArgs(mode="patch")}
                )
            },
            "services": {"hello": KnativeServiceArgs(namespace="apps", image="quay.io/acme/hello:1.0")},
            **changes,
        }
        return PrivateRegistryArgs(**values)  # type: ignore[arg-type]  # by name

    @pytest.mark.parametrize("preview", [True, False])
    def test_an_image_that_cannot_be_pulled_stops_everything(self, deploy: Deploy, preview: bool) -> None:
        seen = []

        def program() -> None:
            try:
                PrivateRegistry("r", self.args())
            except ArgumentError as error:
                seen.append(str(error))

        deployment = deploy(program, preview=preview)
        assert seen == [
            "r: not everything could be pulled. Mend this, or set verify to warn:\n"
            '  Knative Service apps/hello: "quay.io/acme/hello:1.0" is on a registry for which you '
            "declared no credentials (have: ghcr.io); mark it public or add one [image-not-covered]"
        ]
        assert [resource.type for resource in deployment.resources] == [TOKEN]

    def test_with_warn_it_is_said_on_the_service(self, deploy: Deploy) -> None:
        deployment = deploy(lambda: PrivateRegistry("r", self.args(verify="warn")))
        assert deployment.log == [
            (
                "warning",
                'Knative Service apps/hello: "quay.io/acme/hello:1.0" is on a registry for which you '
                "declared no credentials (have: ghcr.io); mark it public or add one [image-not-covered]",
            )
        ]
        assert deployment.named("serving.knative.dev/v1:Service") == ["r/hello"]

    def test_with_off_nothing_is_said(self, deploy: Deploy) -> None:
        deployment = deploy(lambda: PrivateRegistry("r", self.args(verify="off")))
        assert deployment.log == []
        outputs = deployment.one(TOKEN).outputs
        assert outputs is not None
        assert outputs["coverage"] == []

    def test_a_public_image_needs_no_credential(self, deploy: Deploy) -> None:
        service = KnativeServiceArgs(namespace="apps", image="quay.io/acme/hello:1.0", public=True)
        assert deploy(lambda: PrivateRegistry("r", self.args(services={"hello": service}))).log == []

    def test_the_list_of_the_service_hides_that_of_the_service_account(self, deploy: Deploy) -> None:
        service = KnativeServiceArgs(
            namespace="apps", image="ghcr.io/acme/hello:1.0", image_pull_secrets=["other"]
        )
        with pytest.raises(
            ArgumentError,
            match=r'"ghcr.io/acme/hello:1.0" needs "ghcr-secret", which is only on service account default; '
            r"a service-level list replaces the service account's list",
        ):
            deploy(lambda: PrivateRegistry("r", self.args(services={"hello": service})))

    def test_an_image_that_is_an_output_is_checked_before_anything_is_made(self, deploy: Deploy) -> None:
        seen = []

        def program() -> None:
            image = pulumi.Output.from_input("quay.io/acme/hello:1.0")
            args = self.args(services={"hello": KnativeServiceArgs(namespace="apps", image=image)})
            seen.append(PrivateRegistry("r", args))

        with pytest.raises(ArgumentError, match=r"Knative Service apps/hello: .* \[image-not-covered\]$"):
            deploy(program)
        assert len(seen) == 1

    def test_a_docker_config_that_is_an_output_is_looked_into(self, deploy: Deploy) -> None:
        config = '{"auths":{"quay.io/acme":{"auth":"dTpw"}}}'

        def program() -> None:
            old = RegistryArgs(secret_name="old", docker_config_json=pulumi.Output.secret(config))
            PrivateRegistry("r", self.args(registries={"ghcr": old}))

        deployment = deploy(program)
        outputs = deployment.one(TOKEN).outputs
        assert outputs is not None
        assert [row["secrets"] for row in outputs["coverage"]] == ["old", "old"]
        assert "dTpw" not in deployment.in_clear()

    def test_what_is_unknown_is_skipped_with_a_note_and_nothing_becomes_unknown(self, deploy: Deploy) -> None:
        def program() -> None:
            old = RegistryArgs(secret_name="old", docker_config_json=unknown())
            services = {
                "hello": KnativeServiceArgs(namespace="apps", image="quay.io/acme/hello:1.0"),
                "other": KnativeServiceArgs(namespace="apps", image=unknown()),
            }
            PrivateRegistry("r", self.args(registries={"ghcr": old}, services=services))

        deployment = deploy(program, preview=True)
        assert deployment.log == [
            ("info", 'Secret "apps/old" can\'t be read: what it is for was not checked'),
            (
                "info",
                'Knative Service "other" has values that are not known yet: its images were not checked',
            ),
        ]
        assert deployment.one("core/v1:Secret").inputs["metadata"] == {"name": "old", "namespace": "apps"}
