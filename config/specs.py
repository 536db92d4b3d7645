"""From the configuration of a stack to what the rules and the components take."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from components.registry.opaque import OPAQUE
from components.serving import pull_secrets, spec
from components.serving.pull_secrets import Known
from components.serving.wait import Wait

from .models import (
    Container,
    Encrypted,
    ExtraContainer,
    KeyOf,
    Namespace,
    Registry,
    StackConfig,
)
from .rules import secret_name


def registry_spec(key: str, registry: Registry) -> pull_secrets.RegistrySpec[Known]:
    """Say the same in the terms of the components.

    The credentials are not in it, only that they are there; a docker config is, unless it is encrypted.
    """
    return pull_secrets.RegistrySpec[Known](
        secret_name=secret_name(key, registry),
        server=registry.server,
        server_verbatim=registry.server_verbatim,
        username=_known(registry.username),
        password=None if registry.password is None else OPAQUE,
        email=_known(registry.email),
        docker_config_json=_known(registry.docker_config_json),
    )


def namespace_spec(namespace: Namespace) -> pull_secrets.NamespaceSpec:
    """Say the same in the terms of the components."""
    return pull_secrets.NamespaceSpec(
        create=namespace.create,
        labels=namespace.labels,
        registries=namespace.registries,
        service_accounts={
            name: pull_secrets.ServiceAccountSpec(
                mode=account.mode, force=account.force, extra_pull_secrets=account.extra_pull_secrets
            )
            for name, account in namespace.service_accounts.items()
        },
    )


def resolver_spec(stack: StackConfig) -> pull_secrets.ResolverSpec:
    """Say the same in the terms of the components."""
    return pull_secrets.ResolverSpec(
        registries_skipping_tag_resolving=stack.knative.registries_skipping_tag_resolving,
        queue_proxy_image=stack.knative.queue_proxy_image,
    )


def knative_service_spec(stack: StackConfig, key: str) -> spec.KnativeServiceSpec[str]:
    """Say the same in the terms of the components."""
    service = stack.services[key]
    return spec.KnativeServiceSpec(
        **_container(service),
        name=service.name,
        namespace=service.namespace,
        port=service.port,
        protocol=service.protocol,
        container_concurrency=service.container_concurrency,
        timeout_seconds=service.timeout_seconds,
        response_start_timeout_seconds=service.response_start_timeout_seconds,
        idle_timeout_seconds=service.idle_timeout_seconds,
        scale=spec.Scale(**dict(service.scale)),
        service_account_name=service.service_account,
        image_pull_secrets=service.image_pull_secrets,
        visibility=service.visibility,
        traffic=[spec.TrafficTarget(**dict(target)) for target in service.traffic],
        rollout_duration=service.rollout_duration,
        revision_name=service.revision_name,
        labels=service.labels,
        annotations=service.annotations,
        revision_labels=service.revision_labels,
        revision_annotations=service.revision_annotations,
        containers=[_extra(container) for container in service.containers],
        wait=Wait(timeout=service.wait.timeout) if service.wait else False,
        template_overrides=service.template_overrides,
        enabled_features=stack.knative.enabled_features,
    )


def _container(container: Container) -> dict[str, Any]:
    return {
        "image": container.image,
        "public": container.public,
        "command": container.command,
        "args": container.args,
        "env": container.env,
        "env_from_secrets": _keys(container.env_from_secrets),
        "env_from_config_maps": _keys(container.env_from_config_maps),
        "resources": spec.Resources(**dict(container.resources)),
        "readiness_probe": container.readiness_probe,
        "liveness_probe": container.liveness_probe,
        "startup_probe": container.startup_probe,
        "volumes": {path: spec.Volume(**dict(volume)) for path, volume in container.volumes.items()},
    }


def _extra(container: ExtraContainer) -> spec.ExtraContainer[str]:
    return spec.ExtraContainer(**_container(container), name=container.name)


def _keys(sources: Mapping[str, KeyOf]) -> dict[str, spec.KeyOf[str]]:
    return {variable: spec.KeyOf(name=source.name, key=source.key) for variable, source in sources.items()}


def _known(value: str | SecretStr | None) -> Known | None:
    if isinstance(value, Encrypted):
        return OPAQUE
    return value.get_secret_value() if isinstance(value, SecretStr) else value or None
