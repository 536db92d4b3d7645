"""Two instances of a component in one program, side by side."""

import re

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from components import (
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ServiceAccountArgs,
    ServiceAccountPullSecrets,
    ServiceAccountPullSecretsArgs,
)
from components.cluster import Cluster
from components.errors import ArgumentError
from components.serving.pull_secrets import Mode
from tests.unit.composition.every_component import EVERY_COMPONENT, Component
from tests.unit.conftest import Deploy

MODES: list[Mode] = ["own", "patch", "merge"]


def default_service_account(
    name: str, mode: Mode, cluster: Cluster | None = None, opts: pulumi.ResourceOptions | None = None
) -> None:
    ServiceAccountPullSecrets(
        name,
        ServiceAccountPullSecretsArgs(
            namespace="apps",
            service_account="default",
            secret_names=["s"],
            mode=mode,
            cluster=cluster or Cluster(),
        ),
        opts,
    )


def registries_of(name: str, *, account: str) -> PrivateRegistry:
    return PrivateRegistry(
        name,
        PrivateRegistryArgs(
            registries={
                "ghcr": RegistryArgs(
                    secret_name=f"{name}-ghcr",
                    server="ghcr.io",
                    username="u",
                    password=pulumi.Output.secret("p"),
                )
            },
            namespaces={
                "apps": NamespaceArgs(
                    registries=["ghcr"], service_accounts={account: ServiceAccountArgs(mode="own")}
                )
            },
        ),
    )


@pytest.mark.parametrize("component", EVERY_COMPONENT.values(), ids=EVERY_COMPONENT)
def test_two_of_a_kind_share_nothing(deploy: Deploy, component: Component) -> None:
    def program() -> None:
        component("shop", None)
        component("office", None)

    deployment = deploy(program)
    urns = [resource.urn for resource in deployment.resources]
    assert len(set(urns)) == len(urns)
    of_each: dict[str, list[tuple[str, str]]] = {"shop": [], "office": []}
    for resource in deployment.resources:
        owner, _, rest = resource.name.partition("/")
        of_each[owner].append((resource.type, rest.replace(owner, "")))
        other = "office" if owner == "shop" else "shop"
        assert not [urn for urn in resource.dependencies if re.search(rf"::{other}(/|$)", urn)]
    assert sorted(of_each["shop"]) == sorted(of_each["office"])


def test_two_registries_may_share_a_namespace(deploy: Deploy) -> None:
    def program() -> None:
        registries_of("shop", account="shop")
        registries_of("office", account="office")

    deployment = deploy(program)
    assert deployment.named("core/v1:Secret") == ["office/apps/ghcr", "shop/apps/ghcr"]
    assert deployment.named("core/v1:ServiceAccount") == ["office/apps/office", "shop/apps/shop"]


def test_two_registries_may_not_share_a_service_account(deploy: Deploy) -> None:
    def program() -> None:
        registries_of("shop", account="builder")
        registries_of("office", account="builder")

    with pytest.raises(ArgumentError, match=r'office/apps/builder: .* from "shop/apps/builder" already'):
        deploy(program)


@pytest.mark.parametrize("mode", MODES)
def test_a_service_account_of_the_same_name_in_another_cluster_is_another(deploy: Deploy, mode: Mode) -> None:
    def program() -> None:
        for name in ("east", "west"):
            provider = kubernetes.Provider(name, context=name)
            default_service_account(
                name, mode, Cluster(context=name), pulumi.ResourceOptions(provider=provider)
            )

    kind = "MergedPullSecrets" if mode == "merge" else "core/v1:ServiceAccount"
    assert len([r for r in deploy(program).resources if kind in r.type]) == 2


@pytest.mark.parametrize("mode", MODES)
def test_one_provider_is_one_cluster(deploy: Deploy, mode: Mode) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster"))
        default_service_account("one", mode, None, opts)
        default_service_account("two", mode, Cluster(context="the-same"), opts)

    with pytest.raises(ArgumentError, match=r'two: .* from "one" already'):
        deploy(program)


@pytest.mark.parametrize("mode", MODES)
def test_the_default_provider_is_one_cluster(deploy: Deploy, mode: Mode) -> None:
    def program() -> None:
        default_service_account("one", mode)
        default_service_account("two", mode)

    with pytest.raises(ArgumentError, match=r'two: .* from "one" already'):
        deploy(program)
