"""ServiceAccountPullSecrets: whose the list is."""

from collections.abc import Sequence

import pulumi
import pytest

from components import ServiceAccountPullSecrets, ServiceAccountPullSecretsArgs, service_account
from components.cluster import Cluster
from components.errors import ArgumentError
from components.list_owners import ListOwners
from components.serving.pull_secrets import Mode
from tests.unit.conftest import SECRET, Deploy

COMPONENT = "knative-private-registry:index:ServiceAccountPullSecrets"


def declare(
    mode: Mode,
    *,
    name: str = "apps",
    account: pulumi.Input[str] = "builder",
    secrets: Sequence[pulumi.Input[str]] = ("ghcr", "hub"),
    force: bool = False,
) -> ServiceAccountPullSecrets:
    return ServiceAccountPullSecrets(
        name,
        ServiceAccountPullSecretsArgs(
            namespace="apps", service_account=account, secret_names=secrets, mode=mode, force=force
        ),
    )


def test_own_makes_the_service_account(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare("own"))

    account = deployment.one("kubernetes:core/v1:ServiceAccount", "apps")
    assert account.parent == deployment.one(COMPONENT).urn
    assert account.inputs == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "builder", "namespace": "apps"},
        "imagePullSecrets": [{"name": "ghcr"}, {"name": "hub"}],
    }
    assert deployment.one(COMPONENT).outputs == {"serviceAccount": "builder"}
    assert len(deployment.resources) == 2


def test_patch_applies_the_whole_list_under_a_manager_of_its_own(deploy: Deploy) -> None:
    deployment = deploy(lambda: declare("patch", account="default"))

    patch = deployment.one("kubernetes:core/v1:ServiceAccountPatch", "apps")
    assert patch.parent == deployment.one(COMPONENT).urn
    assert patch.inputs == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "default",
            "namespace": "apps",
            "annotations": {
                "pulumi.com/patchFieldManager": "knative-private-registry-35b59dff8c84-b50e530a72f3"
            },
        },
        "imagePullSecrets": [{"name": "ghcr"}, {"name": "hub"}],
    }
    assert deployment.one(COMPONENT).outputs == {"serviceAccount": "default"}
    assert len(deployment.resources) == 2


def test_every_patch_has_another_manager(deploy: Deploy) -> None:
    def program() -> None:
        declare("patch", name="one", account="default")
        declare("patch", name="two", account="builder")

    deployment = deploy(program)
    managers = {
        deployment.one("ServiceAccountPatch", name).inputs["metadata"]["annotations"][
            "pulumi.com/patchFieldManager"
        ]
        for name in ("one", "two")
    }
    assert len(managers) == 2


def test_force_is_said_to_the_provider(deploy: Deploy) -> None:
    patch = deploy(lambda: declare("patch", force=True)).one("ServiceAccountPatch")
    assert patch.inputs["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"


def test_merge_adds_its_own_entries(deploy: Deploy) -> None:
    def program() -> None:
        ServiceAccountPullSecrets(
            "apps",
            ServiceAccountPullSecretsArgs(
                namespace="apps",
                service_account="default",
                secret_names=["ghcr", "hub"],
                mode="merge",
                cluster=Cluster(context="lab"),
            ),
        )

    deployment = deploy(program)
    merged = deployment.one("pulumi-python:dynamic/kubernetes:MergedPullSecrets", "apps")
    assert merged.parent == deployment.one(COMPONENT).urn
    provider = merged.inputs.pop("__provider")
    assert SECRET in provider
    assert merged.inputs == {
        "namespace": "apps",
        "service_account": "default",
        "secret_names": ["ghcr", "hub"],
        "context": "lab",
    }
    assert deployment.one(COMPONENT).outputs == {"serviceAccount": "default"}


@pytest.mark.parametrize("mode", ["own", "patch", "merge"])
def test_waits_for_its_pull_secrets(deploy: Deploy, mode: Mode) -> None:
    def program() -> None:
        other = declare("own", name="first", account="first")
        declare(mode, secrets=[other.service_account])

    deployment = deploy(program)
    first = deployment.one("kubernetes:core/v1:ServiceAccount", "first")
    second = next(
        resource
        for resource in deployment.resources
        if resource.name == "apps" and resource.type != COMPONENT
    )
    assert second.dependencies == {first.urn}


def test_force_without_patch_is_refused(deploy: Deploy) -> None:
    with pytest.raises(
        ArgumentError, match=r'^apps: force has no meaning with mode "own". Use mode "patch"$'
    ):
        deploy(lambda: declare("own", force=True))


@pytest.mark.parametrize("as_output", [False, True])
def test_a_second_owner_is_refused(deploy: Deploy, as_output: bool) -> None:
    def program() -> None:
        declare("own", name="one")
        declare("patch", name="two", account=pulumi.Output.from_input("builder") if as_output else "builder")

    with pytest.raises(
        ArgumentError,
        match=r'^two: service account "builder" in namespace "apps" has its pull secrets from "one" already. '
        r"imagePullSecrets is one list: give all of them in one place$",
    ):
        deploy(program)


def test_another_run_of_the_program_is_no_second_owner(deploy: Deploy) -> None:
    deploy(lambda: declare("own", name="one"))
    deploy(lambda: declare("own", name="two"))


class TestConflict:
    """What `patch` finds in the cluster."""

    OURS = "knative-private-registry-35b59dff8c84-b50e530a72f3"

    def set_up(self, monkeypatch: pytest.MonkeyPatch, found: ListOwners) -> None:
        monkeypatch.setattr(service_account, "list_owners", lambda *_: found)

    @pytest.mark.parametrize("preview", [True, False])
    def test_a_list_of_others_is_refused(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch, preview: bool
    ) -> None:
        self.set_up(
            monkeypatch,
            ListOwners(names=["old", "ghcr"], owners=["kubectl-patch"], managers=["kubectl-patch"]),
        )
        with pytest.raises(
            ArgumentError,
            match=r'^apps: imagePullSecrets of service account "builder" in namespace "apps" belongs to '
            r'kubectl-patch; taking it would remove: old. Use mode "merge", which keeps the entries of '
            r"others, or force to take the list$",
        ):
            deploy(lambda: declare("patch"), preview=preview)

    def test_a_list_that_others_only_order_otherwise_is_refused(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.set_up(monkeypatch, ListOwners(names=["hub", "ghcr"], owners=["helm"], managers=["helm"]))
        with pytest.raises(
            ArgumentError, match=r"belongs to helm; taking it would change its entries\. Use mode"
        ):
            deploy(lambda: declare("patch"))

    def test_force_says_what_is_lost(self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
        self.set_up(monkeypatch, ListOwners(names=["old"], owners=["helm"], managers=["helm"]))
        deployment = deploy(lambda: declare("patch", force=True))
        assert deployment.log == [
            (
                "warning",
                'imagePullSecrets of service account "builder" in namespace "apps" belongs to helm; '
                "taking it would remove: old",
            )
        ]
        assert deployment.one("ServiceAccountPatch").inputs["imagePullSecrets"] == [
            {"name": "ghcr"},
            {"name": "hub"},
        ]

    def test_an_entry_that_somebody_added_later_is_a_warning(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = ListOwners(
            names=["ghcr", "hub", "x"], owners=["controller"], managers=["controller", self.OURS]
        )
        self.set_up(monkeypatch, found)
        deployment = deploy(lambda: declare("patch"))
        assert [level for level, _ in deployment.log] == ["warning"]
        assert deployment.log[0][1].endswith("belongs to controller; taking it would remove: x")

    @pytest.mark.parametrize(
        "found",
        [
            ListOwners(),
            ListOwners(names=["old"], owners=[OURS], managers=[OURS]),
            ListOwners(names=["ghcr", "hub"], owners=["helm"], managers=["helm"]),
        ],
        ids=["nothing there", "our own older list", "the very same list"],
    )
    def test_no_conflict(self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch, found: ListOwners) -> None:
        self.set_up(monkeypatch, found)
        assert deploy(lambda: declare("patch")).log == []
