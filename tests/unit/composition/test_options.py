"""A component of a larger program: options that it is given reach what it is made of."""

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from tests.unit.composition.every_component import EVERY_COMPONENT, Component, private_registry
from tests.unit.conftest import Deploy, Deployment, Registered

every_component = pytest.mark.parametrize("component", EVERY_COMPONENT.values(), ids=EVERY_COMPONENT)


class Platform(pulumi.ComponentResource):
    """Somebody else's component."""

    def __init__(self, name: str, inside: Component, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:platform:Platform", name, None, opts)
        self.part = inside(f"{name}-part", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def of_kubernetes(deployment: Deployment) -> list[Registered]:
    return [resource for resource in deployment.resources if resource.type.startswith("kubernetes:")]


def in_cluster(deployment: Deployment) -> list[Registered]:
    """The resources that change the cluster: all but the components."""
    return [
        resource
        for resource in deployment.resources
        if resource.type.startswith(("kubernetes:", "pulumi-python:"))
    ]


@every_component
def test_everything_lies_below_the_component_that_it_is_part_of(deploy: Deploy, component: Component) -> None:
    deployment = deploy(lambda: Platform("shop", component))

    platform = deployment.one("acme:platform:Platform")
    parents = {resource.urn: resource.parent for resource in deployment.resources}
    assert len(parents) == len(deployment.resources) > 2
    for resource in deployment.resources:
        above = resource.urn
        while above != platform.urn:
            above = parents[above]
        assert resource.urn == platform.urn or "$" in resource.urn


@every_component
def test_every_name_begins_with_the_component_s(deploy: Deploy, component: Component) -> None:
    deployment = deploy(lambda: component("shop", None))
    assert {resource.name.partition("/")[0] for resource in deployment.resources} == {"shop"}


@every_component
def test_takes_the_provider_of_the_component_that_it_is_part_of(deploy: Deploy, component: Component) -> None:
    def program() -> None:
        provider = kubernetes.Provider("other-cluster", context="other")
        Platform("shop", component, pulumi.ResourceOptions(providers={"kubernetes": provider}))

    deployment = deploy(program)
    provider = deployment.one("pulumi:providers:kubernetes", "other-cluster")
    for resource in of_kubernetes(deployment):
        assert resource.provider.startswith(f"{provider.urn}::")


@every_component
def test_takes_a_provider_of_its_own(deploy: Deploy, component: Component) -> None:
    def program() -> None:
        component(
            "shop",
            pulumi.ResourceOptions(provider=kubernetes.Provider("other-cluster", context="other")),
        )

    deployment = deploy(program)
    provider = deployment.one("pulumi:providers:kubernetes", "other-cluster")
    for resource in of_kubernetes(deployment):
        assert resource.provider.startswith(f"{provider.urn}::")


@every_component
@pytest.mark.parametrize("protect", [True, False])
def test_protects_all_of_it(deploy: Deploy, component: Component, protect: bool) -> None:
    deployment = deploy(lambda: component("shop", pulumi.ResourceOptions(protect=protect)))
    assert {resource.protect for resource in deployment.resources} == {protect}


@every_component
def test_all_of_it_waits_for_what_the_component_depends_on(deploy: Deploy, component: Component) -> None:
    """Recorded on each resource: the engine deletes in the reverse order of what is recorded."""

    def program() -> None:
        component("shop", pulumi.ResourceOptions(depends_on=[ConfigMap("knative-is-installed")]))

    deployment = deploy(program)
    first = deployment.one("core/v1:ConfigMap")
    for resource in in_cluster(deployment):
        assert resource is first or first.urn in resource.dependencies, resource.name


@every_component
def test_who_depends_on_it_waits_for_all_of_it(deploy: Deploy, component: Component) -> None:
    def program() -> None:
        ConfigMap("after", opts=pulumi.ResourceOptions(depends_on=[component("shop", None)]))

    deployment = deploy(program)
    after = deployment.one("core/v1:ConfigMap")
    assert after.dependencies >= {
        resource.urn for resource in in_cluster(deployment) if resource is not after
    }


@every_component
def test_options_for_the_component_alone_stay_with_it(deploy: Deploy, component: Component) -> None:
    """An alias that reached the children would give all of them the identity of one."""
    deployment = deploy(
        lambda: component("shop", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="store")]))
    )
    top, *children = deployment.resources
    assert top.aliases == ["store"]
    assert {resource.name: resource.aliases for resource in children if resource.aliases} == {}


@every_component
def test_a_transformation_sees_all_of_it(deploy: Deploy, component: Component) -> None:
    seen: list[str] = []

    def note(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.name)

    deployment = deploy(lambda: component("shop", pulumi.ResourceOptions(transformations=[note])))
    assert sorted(seen) == sorted(resource.name for resource in deployment.resources)


def test_a_transformation_changes_what_it_is_made_of(deploy: Deploy) -> None:
    def rename(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("kubernetes:core/v1:Secret"):
            return None
        renamed = {**args.props, "metadata": {"name": "other", "namespace": "shop-apps"}}
        return pulumi.ResourceTransformationResult(renamed, args.opts)

    deployment = deploy(lambda: private_registry("shop", pulumi.ResourceOptions(transformations=[rename])))
    assert deployment.one("core/v1:Secret").inputs["metadata"] == {
        "name": "other",
        "namespace": "shop-apps",
    }
