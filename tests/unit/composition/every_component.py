"""Every component, with arguments that it accepts, under a name and options of the test's choice."""

from collections.abc import Callable

import pulumi

from components import (
    ImagePullSecret,
    ImagePullSecretArgs,
    KnativeService,
    KnativeServiceArgs,
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ServiceAccountArgs,
    ServiceAccountPullSecrets,
    ServiceAccountPullSecretsArgs,
)
from components.serving.pull_secrets import Mode

Component = Callable[[str, pulumi.ResourceOptions | None], pulumi.ComponentResource]


def image_pull_secret(name: str, opts: pulumi.ResourceOptions | None = None) -> ImagePullSecret:
    return ImagePullSecret(
        name,
        ImagePullSecretArgs(
            namespace="apps",
            secret_name=f"{name}-pull-secret",
            server="ghcr.io",
            username="ci-bot",
            password=pulumi.Output.secret("hunter2"),
        ),
        opts,
    )


def service_account(mode: Mode) -> Component:
    def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ServiceAccountPullSecrets:
        return ServiceAccountPullSecrets(
            name,
            ServiceAccountPullSecretsArgs(
                namespace="apps", service_account=name, secret_names=["ghcr-pull-secret"], mode=mode
            ),
            opts,
        )

    return make


def knative_service(name: str, opts: pulumi.ResourceOptions | None = None) -> KnativeService:
    return KnativeService(name, KnativeServiceArgs(namespace="apps", image="ghcr.io/acme/hello:1.0"), opts)


def private_registry(name: str, opts: pulumi.ResourceOptions | None = None) -> PrivateRegistry:
    return PrivateRegistry(
        name,
        PrivateRegistryArgs(
            registries={
                "ghcr": RegistryArgs(
                    secret_name="ghcr-pull-secret",
                    server="ghcr.io",
                    username="ci-bot",
                    password=pulumi.Output.secret("hunter2"),
                )
            },
            namespaces={
                f"{name}-apps": NamespaceArgs(
                    create=True,
                    registries=["ghcr"],
                    service_accounts={
                        "builder": ServiceAccountArgs(mode="own"),
                        "default": ServiceAccountArgs(mode="patch"),
                        "runner": ServiceAccountArgs(mode="merge"),
                    },
                )
            },
            services={"hello": KnativeServiceArgs(namespace=f"{name}-apps", image="ghcr.io/acme/hello:1.0")},
        ),
        opts,
    )


EVERY_COMPONENT: dict[str, Component] = {
    "ImagePullSecret": image_pull_secret,
    "ServiceAccountPullSecrets own": service_account("own"),
    "ServiceAccountPullSecrets patch": service_account("patch"),
    "ServiceAccountPullSecrets merge": service_account("merge"),
    "KnativeService": knative_service,
    "PrivateRegistry": private_registry,
}
