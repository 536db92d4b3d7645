"""A program of others: its PrivateRegistry is renamed, moved and transformed, by the step in its configuration."""

from typing import Any, cast

import pulumi
import pulumi_kubernetes as kubernetes
from knative_private_registry import (
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ServiceAccountArgs,
)

config = pulumi.Config()
namespace = config.require("namespace")


class Platform(pulumi.ComponentResource):
    """Somebody else's component."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:platform:Platform", name)
        self.register_outputs({})


def args(*registries: str) -> PrivateRegistryArgs:
    """Give the arguments; each registry has a Secret of its own."""
    return PrivateRegistryArgs(
        registries={
            key: RegistryArgs(
                secret_name=key,
                server=f"{key}.example.test",
                username="u",
                password=pulumi.Output.secret("some-password"),
            )
            for key in registries
        },
        namespaces={
            namespace: NamespaceArgs(
                registries=registries,
                service_accounts={
                    "owned": ServiceAccountArgs(mode="own"),
                    "patched": ServiceAccountArgs(mode="patch"),
                    "default": ServiceAccountArgs(mode="merge"),
                },
            )
        },
    )


def labelled(given: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Label every Secret."""
    if given.type_ != "kubernetes:core/v1:Secret":
        return None
    metadata = cast("dict[str, Any]", given.props["metadata"])
    metadata = {**metadata, "labels": {"team": "shop"}}
    return pulumi.ResourceTransformResult({**given.props, "metadata": metadata}, given.opts)


opts = pulumi.ResourceOptions(provider=kubernetes.Provider("kubernetes", enable_secret_mutable=True))
match config.require("step"):
    case "first":
        PrivateRegistry("first", args("one"), opts)
    case "renamed":
        opts.aliases = [pulumi.Alias(name="first")]
        PrivateRegistry("second", args("one"), opts)
    case "renamed, with another registry":
        opts.aliases = [pulumi.Alias(name="first")]
        PrivateRegistry("second", args("one", "two"), opts)
    case "renamed back, without it":
        opts.aliases = [pulumi.Alias(name="second")]
        PrivateRegistry("first", args("one"), opts)
    case "moved into a component":
        opts.aliases = [pulumi.Alias(name="first", parent=pulumi.ROOT_STACK_RESOURCE)]
        opts.parent = Platform("platform")
        PrivateRegistry("second", args("one"), opts)
    case "transformed":
        opts.transforms = [labelled]
        PrivateRegistry("first", args("one"), opts)
    case "protected":
        opts.protect = True
        PrivateRegistry("first", args("one"), opts)
    case step:
        raise ValueError(step)
