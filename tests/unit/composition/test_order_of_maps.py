"""The order in which a program or a stack file lists things under keys means nothing."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pulumi

from components import (
    ExtraContainer,
    KeyOf,
    KnativeServiceArgs,
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    Resources,
    ServiceAccountArgs,
    Volume,
)
from tests.unit.conftest import Deploy, Deployment


def args() -> PrivateRegistryArgs:
    hello = KnativeServiceArgs(
        namespace="apps",
        image="ghcr.io/acme/hello:1.0",
        env={"B": "2", "A": "1"},
        env_from_secrets={"D": KeyOf(name="s", key="d"), "C": KeyOf(name="s", key="c")},
        env_from_config_maps={"F": KeyOf(name="m", key="f"), "E": KeyOf(name="m", key="e")},
        resources=Resources(requests={"memory": "64Mi", "cpu": "100m"}),
        volumes={
            "/b": Volume(secret="s", items={"y": "y", "x": "x"}),
            "/a": Volume(config_map="m"),
        },
        labels={"y": "1", "x": "2"},
        revision_annotations={"y": "1", "x": "2"},
        containers=[ExtraContainer(name="side", image="docker.io/acme/side:1.0", env={"B": "2", "A": "1"})],
    )
    return PrivateRegistryArgs(
        registries={
            key: RegistryArgs(
                secret_name=f"{key}-secret",
                server=server,
                username=key,
                password=pulumi.Output.secret("hunter2"),
            )
            for key, server in (("ghcr", "ghcr.io"), ("hub", None), ("quay", "quay.io"))
        },
        namespaces={
            name: NamespaceArgs(
                create=True,
                labels={"b": "1", "a": "2"},
                registries=["hub", "ghcr"],
                service_accounts={
                    "default": ServiceAccountArgs(mode="patch"),
                    "builder": ServiceAccountArgs(mode="own"),
                },
            )
            for name in ("jobs", "apps")
        },
        services={
            "hello": hello,
            "build": replace(hello, service_account_name="builder"),
            "job": replace(hello, namespace="jobs"),
        },
    )


def backwards(value: Any) -> Any:
    """Reverse every mapping, at any depth; sequences keep their order, which may mean something."""
    if isinstance(value, Mapping):
        return {key: backwards(child) for key, child in reversed(list(value.items()))}
    if isinstance(value, list | tuple):
        return type(value)(backwards(child) for child in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{field.name: backwards(getattr(value, field.name)) for field in fields(value)})
    return value


def described(deployment: Deployment) -> dict[str, Any]:
    return {
        resource.urn: (resource.inputs, resource.parent, resource.dependencies, resource.deleted_with)
        for resource in deployment.resources
    }


def test_the_order_of_keys_changes_nothing(deploy: Deploy) -> None:
    forwards = deploy(lambda: PrivateRegistry("r", args()))
    reversed_ = deploy(lambda: PrivateRegistry("r", backwards(args())))

    assert [r.name for r in forwards.resources] != [r.name for r in reversed_.resources]
    assert described(forwards) == described(reversed_)


def test_another_key_changes_nothing_about_those_that_are_there(deploy: Deploy) -> None:
    def smaller() -> PrivateRegistryArgs:
        whole = args()
        return replace(
            whole,
            namespaces={"apps": whole.namespaces["apps"]},
            services={key: whole.services[key] for key in ("hello",)},
        )

    before = described(deploy(lambda: PrivateRegistry("r", smaller())))
    after = described(deploy(lambda: PrivateRegistry("r", args())))
    assert len(after) > len(before) > 5
    assert {urn: after[urn] for urn in before} == before


def test_the_order_of_the_registries_of_a_namespace_means_something(deploy: Deploy) -> None:
    """Else the first test could not fail: it is the order in which pull secrets are tried."""

    def other_order() -> PrivateRegistryArgs:
        apps = replace(args().namespaces["apps"], registries=["ghcr", "hub"])
        return replace(args(), namespaces={**args().namespaces, "apps": apps})

    before = described(deploy(lambda: PrivateRegistry("r", args())))
    after = described(deploy(lambda: PrivateRegistry("r", other_order())))
    changed = [urn.rpartition("::")[2] for urn in before if before[urn] != after[urn]]
    assert sorted(set(changed)) == ["r/apps/builder", "r/apps/default"]
