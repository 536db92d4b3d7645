"""A program that uses everything the package exports, with typed arguments.

It is never run: a type checker reads it, against the installed package.
"""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes
from knative_private_registry import (
    ArgumentError,
    Cluster,
    Container,
    ExtraContainer,
    ImagePullSecret,
    ImagePullSecretArgs,
    KeyOf,
    KnativeService,
    KnativeServiceArgs,
    NamespaceArgs,
    NotReadyError,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ResolverArgs,
    Resources,
    Scale,
    ServiceAccountArgs,
    ServiceAccountPullSecrets,
    ServiceAccountPullSecretsArgs,
    TrafficTarget,
    Volume,
    Wait,
)


def one_by_one(password: pulumi.Output[str], opts: pulumi.ResourceOptions) -> pulumi.Output[str | None]:
    """Use each component alone, each later one with an Output of the earlier."""
    namespace = kubernetes.core.v1.Namespace("apps").id
    secret = ImagePullSecret(
        "ghcr",
        ImagePullSecretArgs(
            namespace=namespace,
            secret_name="ghcr-pull-secret",
            server="ghcr.io",
            username="ci-bot",
            password=password,
        ),
        opts,
    )
    account = ServiceAccountPullSecrets(
        "builder",
        ServiceAccountPullSecretsArgs(
            namespace=namespace,
            service_account="builder",
            secret_names=[secret.secret_name, "another"],
            mode="merge",
            cluster=Cluster(context="staging"),
        ),
        opts,
    )
    hello = KnativeService(
        "hello",
        KnativeServiceArgs(
            namespace=namespace,
            image=pulumi.Output.concat("ghcr.io/acme/hello", ":1.0"),
            port=8080,
            protocol="h2c",
            env={"TARGET": "World", "SECRET": password},
            env_from_secrets={"TOKEN": KeyOf(name=secret.secret_name, key="token")},
            resources=Resources(requests={"cpu": "100m"}, limits={"memory": "128Mi"}),
            scale=Scale(min=1, max=3, metric="rps", target=50),
            volumes={"/etc/hello": Volume(config_map="hello", items={"a": "b"})},
            service_account_name=account.service_account,
            traffic=[TrafficTarget(percent=100, tag="stable")],
            wait=Wait(timeout="90s"),
            containers=[ExtraContainer(name="side", image="ghcr.io/acme/side:1.0")],
        ),
        opts,
    )
    return hello.url


def together(
    passwords: Mapping[str, pulumi.Output[str]],
) -> Mapping[str, Mapping[str, pulumi.Output[str]]]:
    """Use the composition of them."""
    registry = PrivateRegistry(
        "registry",
        PrivateRegistryArgs(
            registries={
                key: RegistryArgs(secret_name=key, server=key, username="ci-bot", password=password)
                for key, password in passwords.items()
            },
            namespaces={
                "apps": NamespaceArgs(
                    create=True,
                    registries=list(passwords),
                    service_accounts={"default": ServiceAccountArgs(mode="patch", force=True)},
                )
            },
            services={"hello": KnativeServiceArgs(namespace="apps", image="ghcr.io/acme/hello:1.0")},
            verify="warn",
            resolver=ResolverArgs(queue_proxy_image="ghcr.io/acme/queue:1.0"),
            cluster=Cluster(),
        ),
    )
    pulumi.export("urls", registry.urls)
    return registry.secret_names


def images(containers: list[Container[str]]) -> list[str]:
    """Take what the main container and the further ones have in common."""
    return [container.image for container in containers]


def refused(error: Exception) -> bool:
    """Tell the errors of the components."""
    return isinstance(error, ArgumentError | NotReadyError)
