"""The program: from a stack's configuration to Knative Services that run images from private registries."""

import pulumi
import pulumi_kubernetes as kubernetes
from pydantic import SecretStr

from components import PrivateRegistry, PrivateRegistryArgs, RegistryArgs
from components.cluster import Cluster
from config.loader import load
from config.models import Registry, StackConfig, in_clear
from config.problems import set_secret
from config.rules import secret_name
from config.specs import knative_service_spec, namespace_spec, resolver_spec


def deploy(stack: StackConfig) -> None:
    """Declare everything that the configuration asks for, and export its names and addresses."""
    provider = kubernetes.Provider(
        "kubernetes",
        kubeconfig=stack.cluster.kubeconfig,
        context=stack.cluster.context,
        # A Secret with a new password keeps its place instead of being deleted and made again.
        enable_secret_mutable=True,
    )
    registry = PrivateRegistry(
        "registry",
        PrivateRegistryArgs(
            registries={key: registry_args(key, registry) for key, registry in stack.registries.items()},
            namespaces={name: namespace_spec(namespace) for name, namespace in stack.namespaces.items()},
            services={key: knative_service_spec(stack, key) for key in stack.services},
            verify=stack.verify,
            resolver=resolver_spec(stack),
            cluster=Cluster(kubeconfig=stack.cluster.kubeconfig, context=stack.cluster.context),
            password_commands={key: password_command(key, stack.registries[key]) for key in stack.registries},
        ),
        pulumi.ResourceOptions(provider=provider),
    )
    pulumi.export("secretNames", registry.secret_names)
    pulumi.export("serviceAccounts", registry.service_accounts)
    pulumi.export("urls", registry.urls)
    pulumi.export("expires", registry.expires)
    pulumi.export("coverage", registry.coverage)


def registry_args(key: str, registry: Registry) -> RegistryArgs:
    """Map a registry; the one place where a credential leaves its SecretStr, for a secret Output."""
    return RegistryArgs(
        secret_name=secret_name(key, registry),
        server=registry.server,
        server_verbatim=registry.server_verbatim,
        username=in_clear(registry.username) or None,
        password=secret(registry.password),
        email=in_clear(registry.email),
        docker_config_json=secret(registry.docker_config_json),
    )


def password_command(key: str, registry: Registry) -> str:
    """Give the command that changes a registry's password."""
    return set_secret(("registries", key, "dockerConfigJson" if registry.docker_config_json else "password"))


def secret(value: SecretStr | None) -> pulumi.Output[str] | None:
    """Turn a credential of the configuration into a secret of Pulumi."""
    return None if value is None else pulumi.Output.secret(value.get_secret_value())


if __name__ == "__main__":
    deploy(load())
