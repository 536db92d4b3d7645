"""Where the pull secrets of Knative Services come from, and whether they are the right ones.

`Text` is `str` for plain data and `pulumi.Input[str]` for a program; for the check, what is not known is an
`Opaque`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal

from ..registry import coverage, credentials, docker_config, server
from ..registry.docker_config import DockerConfig
from ..registry.findings import Finding
from ..registry.opaque import Opaque
from .spec import KnativeServiceSpec, Text

Mode = Literal["own", "patch", "merge"]
Known = str | Opaque


@dataclass(frozen=True, kw_only=True)
class RegistrySpec(Generic[Text]):
    """A registry server and the credentials for it: username and password, or a whole docker config."""

    secret_name: str
    """The name of its image pull secret in every namespace."""
    server: Text | None = None
    """The address of the registry; none means Docker Hub."""
    server_verbatim: bool = False
    """Keep the server exactly as written instead of in its canonical form."""
    username: Text | None = None
    password: Text | None = field(default=None, repr=False)
    email: Text | None = None
    docker_config_json: Text | None = field(default=None, repr=False)
    """A whole docker config, kept byte for byte."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccountSpec:
    """How a service account gets its pull secrets."""

    mode: Mode
    """`own`: the service account is ours. `patch`: its whole list is. `merge`: only our entries are."""
    force: bool = False
    """With `patch`: take the list from another owner. Its entries are lost, and not restored later."""
    extra_pull_secrets: Sequence[str] = ()
    """Names of secrets of others to keep in the list, after ours."""


@dataclass(frozen=True, kw_only=True)
class NamespaceSpec:
    """What a namespace gets."""

    create: bool = False
    """Whether the namespace is made and deleted with the rest."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the namespace, when it is made."""
    registries: Sequence[str] = ()
    """Keys of the registries, in the order in which their pull secrets are tried."""
    service_accounts: Mapping[str, ServiceAccountSpec] = field(default_factory=dict)
    """The service accounts that get the pull secrets, by name."""


@dataclass(frozen=True, kw_only=True)
class ResolverSpec:
    """How Knative's tag resolver is set up in the cluster, as far as it decides who can pull what."""

    registries_skipping_tag_resolving: Collection[str] = coverage.SKIPPED_BY_DEFAULT
    """As in Knative's config-deployment."""
    queue_proxy_image: str = ""
    """Knative's own sidecar, if it comes from a private registry."""


def check(
    *,
    registries: Mapping[str, RegistrySpec[Known]],
    namespaces: Mapping[str, NamespaceSpec],
    services: Mapping[str, KnativeServiceSpec[Known]],
    resolver: ResolverSpec = ResolverSpec(),
) -> coverage.Report:
    """Say which credential each reader will present for each image, and what is wrong.

    The names of the workloads are the keys of `services`. What is not known is left out, and the report says
    so. Never raises.
    """
    skipped: list[str] = []
    report = coverage.check(
        workloads=[
            workload for key, service in services.items() for workload in _workload(key, service, skipped)
        ],
        pull_secrets=[
            coverage.PullSecret(
                name=registries[key].secret_name, namespace=namespace, config=_docker_config(registries[key])
            )
            for namespace, wanted in namespaces.items()
            for key in wanted.registries
        ],
        service_accounts=[
            coverage.ServiceAccount(
                name=account,
                namespace=namespace,
                pull_secrets=[
                    *(registries[key].secret_name for key in wanted.registries),
                    *how.extra_pull_secrets,
                ],
            )
            for namespace, wanted in namespaces.items()
            for account, how in wanted.service_accounts.items()
        ],
        skip_tag_resolution=resolver.registries_skipping_tag_resolving,
        insecure_registries=[
            parsed.registry
            for registry in registries.values()
            for parsed in _server(registry)
            if parsed.insecure
        ],
        queue_proxy_image=resolver.queue_proxy_image,
    )
    return coverage.Report(
        coverages=report.coverages, general=report.general, skipped=(*report.skipped, *skipped)
    )


def check_registry(registry: RegistrySpec[Known]) -> tuple[Sequence[Finding], Sequence[str]]:
    """Say what is wrong with a registry, and what could not be checked. Never raises."""
    if registry.docker_config_json is not None:
        if isinstance(registry.docker_config_json, Opaque):
            return (), ("the docker config can't be read: nothing in it was checked",)
        return docker_config.parse(registry.docker_config_json).findings, ()
    for address in _server(registry):
        parsed = credentials.parse(
            address,
            username=registry.username or "",
            password=registry.password or "",
            email="" if isinstance(registry.email, Opaque) else registry.email or "",
        )
        # What is wrong with a verbatim address is the user's own affair.
        ignored = address.findings if registry.server_verbatim else ()
        return [
            *(finding for finding in address.findings if finding not in ignored),
            *parsed.findings,
        ], parsed.skipped
    return (), ("the server is not known yet: it was not checked",)


def _workload(
    key: str, service: KnativeServiceSpec[Known], skipped: list[str]
) -> Iterator[coverage.Workload]:
    containers = (service, *service.containers)
    values = [service.namespace, service.service_account_name, *service.image_pull_secrets]
    images = [container.image for container in containers]
    if any(isinstance(value, Opaque) for value in (*values, *images)):
        skipped.append(
            f'Knative Service "{key}" has values that are not known yet: its images were not checked'
        )
        return
    yield coverage.Workload(
        name=key,
        namespace=str(service.namespace),
        images=[str(image) for image in images],
        service_account=str(service.service_account_name or "default"),
        pull_secrets=[str(secret) for secret in service.image_pull_secrets],
        public_images=[str(container.image) for container in containers if container.public],
    )


def _server(registry: RegistrySpec[Known]) -> Iterator[server.Server]:
    address = server.DOCKER_HUB if registry.server is None else registry.server
    if registry.docker_config_json is None and not isinstance(address, Opaque):
        yield server.parse(address, verbatim=registry.server_verbatim)


def _docker_config(registry: RegistrySpec[Known]) -> DockerConfig | Opaque:
    if registry.docker_config_json is not None:
        if isinstance(registry.docker_config_json, Opaque):
            return registry.docker_config_json
        return docker_config.parse(registry.docker_config_json)
    for address in _server(registry):
        parsed = credentials.parse(
            address, username=registry.username or "", password=registry.password or ""
        )
        return docker_config.from_entries(parsed.entries)
    return Opaque.OPAQUE
