"""Who can pull what: every image of every Knative Service against the pull secrets each reader sees.

The kubelet gets the Revision's pull secrets; only if there are none, the service account's (Kubernetes
copies them into the pod at admission). Knative's resolver gets the Revision's, then the service account's.
Registries that skip tag resolution, and images with a digest, are not asked by the resolver, but it reads the
pull secrets all the same.

Sources: k8s.io/kubernetes `plugin/pkg/admission/serviceaccount`, knative.dev/serving v0.42.2
`pkg/reconciler/revision/resolve.go`.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from . import findings, server
from . import image as images
from .credentials import is_ecr
from .docker_config import DockerConfig
from .findings import Finding, Severity
from .image import Image
from .keyring import Candidate, KnativeKeychain, KnativeMatch, KubeletKeyring, KubeletMatch
from .opaque import Opaque

SECRET_TYPE = "kubernetes.io/dockerconfigjson"  # noqa: S105 - the type of a Secret, not a secret
SKIPPED_BY_DEFAULT = ("kind.local", "ko.local", "dev.local")
"""Knative's default of `registries-skipping-tag-resolving`."""


class Reader(StrEnum):
    """Who uses a credential."""

    KUBELET = "kubelet"
    KNATIVE = "knative"


@dataclass(frozen=True, kw_only=True)
class PullSecret:
    """A Secret with a docker config, in one namespace."""

    name: str
    namespace: str
    config: DockerConfig | Opaque = field(repr=False)
    """`OPAQUE` if all of it is encrypted, or the Secret is managed elsewhere."""
    type: str = SECRET_TYPE


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """A service account and the pull secrets on it, in order."""

    name: str
    namespace: str
    pull_secrets: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A Knative Service: its images, and where its pull secrets come from."""

    name: str
    namespace: str
    images: Sequence[str]
    service_account: str = "default"
    pull_secrets: Sequence[str] = ()
    """`spec.template.spec.imagePullSecrets`, in order."""
    public_images: Collection[str] = ()
    """Those of `images` that need no credential."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """For one image and one reader: the credential it will present, or why none."""

    workload: Workload
    image: str
    reader: Reader
    result: str
    """A result of the keyring, or `unknown` (a docker config that can't be read decides), or `not-asked` (the
    resolver leaves an image with a digest, and registries that skip tag resolution, alone)."""
    repository: str = ""
    usernames: tuple[str, ...] = ()
    """The kubelet's in the order in which they are tried; for Knative the one, or those it chooses from."""
    secrets: tuple[str, ...] = ()
    """The Secrets that they come from."""
    findings: tuple[Finding, ...] = ()

    @property
    def is_covered(self) -> bool:
        """Whether the reader has a credential, or needs none."""
        if self.result == "anonymous":
            return self.image in self.workload.public_images
        return self.result in _COVERED


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that the check found."""

    coverages: tuple[Coverage, ...]
    """One per workload, image and reader, in the order of the input."""
    general: tuple[Finding, ...]
    """Findings that belong to no image: Secrets, lists, the resolver's configuration."""
    skipped: tuple[str, ...]
    """Sentences that say which checks were skipped, because a value is encrypted."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        return (*self.general, *(finding for coverage in self.coverages for finding in coverage.findings))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean that something will not work."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def check(
    *,
    workloads: Sequence[Workload],
    pull_secrets: Sequence[PullSecret],
    service_accounts: Sequence[ServiceAccount] = (),
    skip_tag_resolution: Collection[str] = SKIPPED_BY_DEFAULT,
    insecure_registries: Collection[str] = (),
    queue_proxy_image: str = "",
) -> Report:
    """Say for every image of every workload which credential each reader presents, and what is wrong.

    A service account that is not given has no pull secrets. `skip_tag_resolution` is Knative's
    `registries-skipping-tag-resolving`; `insecure_registries` are those (host or host:port) that speak http
    only; `queue_proxy_image` is Knative's own sidecar, if it comes from a private registry. Never raises.
    """
    cluster = _Cluster(pull_secrets, service_accounts)
    resolver = _Resolver(frozenset(skip_tag_resolution), frozenset(insecure_registries))
    coverages = tuple(
        coverage
        for workload in workloads
        for image in dict.fromkeys(workload.images)
        for coverage in _cover(cluster, resolver, workload, image)
    )
    general = [*_check_secrets(pull_secrets)]
    for workload in workloads:
        general += _check_lists(cluster, workload)
        general += _check_queue_proxy(cluster, workload, queue_proxy_image)
    general += _check_unused(cluster, workloads)
    if "docker.io" in resolver.skipped:
        general.append(findings.make("skip-list-docker-hub"))
    skipped = tuple(
        f'Secret "{secret.namespace}/{secret.name}" can\'t be read: what it is for was not checked'
        for secret in pull_secrets
        if isinstance(secret.config, Opaque)
    )
    return Report(coverages=coverages, general=tuple(dict.fromkeys(general)), skipped=skipped)


_COVERED = ("credential", "not-asked", "unknown")
_SECRET_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_MAX_SECRET_NAME = 253
_MAX_NAMESPACE = 63
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True)
class _Resolver:
    """How Knative's tag resolver is set up."""

    skipped: frozenset[str]
    insecure: frozenset[str]

    def asks(self, image: str) -> bool:
        parsed = images.for_knative(image)
        return not parsed.digest and parsed.registry not in self.skipped


@dataclass(frozen=True)
class _View:
    """Some pull secrets in the order a reader sees them, and the keyrings over those that can be read."""

    secrets: tuple[PullSecret, ...]
    kubelet: KubeletKeyring
    knative: KnativeKeychain
    has_opaque: bool

    def entries(self) -> Iterator[tuple[str, str]]:
        """Yield Secret name and host[:port][/path] of every entry."""
        for secret in self.secrets:
            for key in _keys(secret.config):
                place = server.normalise(key)
                if place is not None:
                    yield secret.name, place.decode(errors="replace")

    def names(self, candidates: Iterable[Candidate]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.secrets[candidate.config].name for candidate in candidates))


class _Cluster:
    """The declared Secrets and service accounts, and what is seen of them from where."""

    def __init__(self, secrets: Iterable[PullSecret], accounts: Iterable[ServiceAccount]) -> None:
        self.secrets = {(secret.namespace, secret.name): secret for secret in secrets}
        self._accounts = {(account.namespace, account.name): account for account in accounts}
        # The services of a namespace share few lists of pull secrets; keyrings are built once for each.
        self._views: dict[tuple[str, tuple[str, ...]], _View] = {}

    def inherited(self, workload: Workload) -> tuple[str, ...]:
        account = self._accounts.get((workload.namespace, workload.service_account))
        return tuple(account.pull_secrets) if account else ()

    def kubelet_view(self, workload: Workload) -> _View:
        return self.view(workload.namespace, tuple(workload.pull_secrets) or self.inherited(workload))

    def knative_view(self, workload: Workload) -> _View:
        return self.view(workload.namespace, tuple(workload.pull_secrets) + self.inherited(workload))

    def view(self, namespace: str, names: tuple[str, ...]) -> _View:
        if (namespace, names) not in self._views:
            self._views[namespace, names] = self._build(namespace, names)
        return self._views[namespace, names]

    def _build(self, namespace: str, names: tuple[str, ...]) -> _View:
        secrets: list[PullSecret] = []
        configs: list[DockerConfig] = []
        has_opaque = False
        for name in names:
            secret = self.secrets.get((namespace, name))
            if secret is None or secret.type != SECRET_TYPE:
                continue
            if isinstance(secret.config, Opaque):
                has_opaque = True
                continue
            secrets.append(secret)
            configs.append(secret.config)
        return _View(tuple(secrets), KubeletKeyring(configs), KnativeKeychain(configs), has_opaque)


def _keys(config: DockerConfig | Opaque) -> tuple[str, ...]:
    if isinstance(config, Opaque):
        return ()
    entries = config.kubelet.entries or config.knative.entries
    return tuple(entry.key for entry in entries)


def _place(workload: Workload) -> str:
    return f"Knative Service {workload.namespace}/{workload.name}"


def _cover(
    cluster: _Cluster, resolver: _Resolver, workload: Workload, image: str
) -> tuple[Coverage, Coverage]:
    kubelet_view, knative_view = cluster.kubelet_view(workload), cluster.knative_view(workload)
    kubelet, knative = kubelet_view.kubelet.look_up(image), knative_view.knative.look_up(image)
    pull, resolve = kubelet.result, knative.result
    if pull == "anonymous" and kubelet_view.has_opaque:
        pull = "unknown"
    if resolve in ("credential", "anonymous", "ambiguous") and not resolver.asks(image):
        resolve = "not-asked"
    elif resolve == "anonymous" and knative_view.has_opaque:
        resolve = "unknown"
    at_kubelet = [*images.check(image), *_refusals(Reader.KUBELET, kubelet.result, kubelet.error)]
    at_knative = [*_refusals(Reader.KNATIVE, knative.result, knative.error)]
    at_kubelet += _textual_prefixes(image, kubelet)
    if resolve in ("credential", "ambiguous"):
        at_knative += _choices(image, knative, knative_view)
    if resolve != "not-asked" and knative.repository:
        at_knative += _insecure(image, resolver)
    if image not in workload.public_images:
        if pull == "anonymous":
            at_kubelet += _why_no_pull(cluster, workload, image, knative, knative_view)
        elif pull == "credential" and resolve == "anonymous":
            at_knative.append(_one_reader_only(image, Reader.KUBELET, kubelet_view.names(kubelet.candidates)))
    used = () if resolve == "not-asked" else knative.candidates
    return (
        Coverage(
            workload=workload,
            image=image,
            reader=Reader.KUBELET,
            result=pull,
            repository=kubelet.repository,
            usernames=kubelet.usernames,
            secrets=kubelet_view.names(kubelet.candidates),
            findings=tuple(finding.at(_place(workload)) for finding in at_kubelet),
        ),
        Coverage(
            workload=workload,
            image=image,
            reader=Reader.KNATIVE,
            result=resolve,
            repository=knative.repository,
            usernames=knative.usernames if used else (),
            secrets=knative_view.names(used),
            findings=tuple(finding.at(_place(workload)) for finding in at_knative),
        ),
    )


def _refusals(reader: Reader, result: str, error: str) -> Iterator[Finding]:
    if result in ("keyring-error", "keychain-error"):
        name = "the kubelet" if reader is Reader.KUBELET else "Knative"
        yield findings.make("docker-config-refused", reader=name, why=error)


def _textual_prefixes(image: str, kubelet: KubeletMatch) -> Iterator[Finding]:
    for candidate in kubelet.candidates:
        place = (server.normalise(candidate.entry.key) or b"").decode(errors="replace")
        path = "/" + place.partition("/")[2]
        rest = ("/" + kubelet.repository.partition("/")[2]).removeprefix(path)
        if path != "/" and rest and not path.endswith("/") and not rest.startswith("/"):
            yield findings.make("path-prefix-textual", server=place, image=image)


def _choices(image: str, knative: KnativeMatch, view: _View) -> Iterator[Finding]:
    if knative.result == "ambiguous":
        keys = " and ".join(f'"{server.mask(candidate.entry.key)}"' for candidate in knative.candidates)
        yield findings.make("same-place-twice", keys=keys)
    secrets = view.names((*knative.candidates, *knative.unused))
    if len(secrets) > 1:
        order = ", ".join(f'"{name}"' for name in secrets)
        registry = images.for_knative(image).registry
        yield findings.make("several-secrets", image=image, order=order, registry=registry)


def _insecure(image: str, resolver: _Resolver) -> Iterator[Finding]:
    registry = images.for_knative(image).registry
    if registry in resolver.insecure and not _resolver_tries_http(registry):
        yield findings.make("insecure-registry", image=image, registry=registry)


def _resolver_tries_http(registry: str) -> bool:
    """Apply go-containerregistry's `Registry.Scheme`: private IPv4 addresses and local names may use http."""
    if registry.startswith("localhost:") or "127.0.0.1" in registry or "::1" in registry:
        return True
    if re.search(r"\.local(?:host)?(?::\d{1,5})?$", registry):
        return True
    try:
        address = ipaddress.IPv4Address(registry.partition(":")[0])
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE)


def _why_no_pull(
    cluster: _Cluster, workload: Workload, image: str, knative: KnativeMatch, everything: _View
) -> Iterator[Finding]:
    """Explain why the kubelet has no credential, from the most telling cause to the least."""
    parsed = images.for_kubelet(image)
    inherited = cluster.view(workload.namespace, cluster.inherited(workload))
    hidden = inherited.kubelet.look_up(image)
    if hidden.candidates:
        (secret, *_) = inherited.names(hidden.candidates)
        account = workload.service_account
        yield findings.make("list-hides-service-account", image=image, secret=secret, account=account)
        return
    if knative.candidates:
        yield _one_reader_only(image, Reader.KNATIVE, everything.names(knative.candidates))
        return
    near_miss = _near_miss(image, parsed, everything)
    if near_miss is not None:
        yield near_miss
        return
    registries = sorted({place.partition("/")[0] for _, place in everything.entries()})
    yield findings.make("image-not-covered", image=image, have=", ".join(registries) or "none")
    for _, place in everything.entries():
        if _is_too_short_a_glob(place.partition("/")[0], parsed.registry):
            yield findings.make("glob-spans-one-label", image=image, server=place, registry=parsed.registry)


def _near_miss(image: str, parsed: Image, view: _View) -> Finding | None:
    host, _, _ = parsed.registry.partition(":")
    for secret, place in view.entries():
        registry = place.partition("/")[0]
        if registry != parsed.registry and registry.partition(":")[0] == host and not host.startswith("["):
            return findings.make(
                "port-mismatch", image=image, registry=parsed.registry, secret=secret, server=registry
            )
        if is_ecr(registry) and is_ecr(host) and registry.split(".")[0] == host.split(".")[0]:
            return findings.make(
                "ecr-region",
                image=image,
                region=host.split(".")[3],
                secret=secret,
                other=registry.split(".")[3],
                registry=host,
            )
    return None


def _is_too_short_a_glob(pattern: str, registry: str) -> bool:
    head, _, domain = pattern.partition(".")
    return "*" in head and registry.endswith(f".{domain}") and registry.count(".") > pattern.count(".")


def _one_reader_only(image: str, covered: Reader, secrets: Sequence[str]) -> Finding:
    missing = "the kubelet" if covered is Reader.KNATIVE else "Knative"
    name = "the kubelet" if covered is Reader.KUBELET else "Knative"
    why, remedy = "the two read the name of this image differently", "write the image with its registry"
    if images.for_knative(image).registry == "index.docker.io":
        why = f"{missing} looks it up as {'docker.io' if covered is Reader.KNATIVE else 'index.docker.io'}"
        remedy = f'give the credential the server "{server.DOCKER_HUB}"'
    return findings.make(
        "covered-for-one-reader",
        image=image,
        covered=name,
        secret=secrets[0],
        missing=missing,
        why=why,
        remedy=remedy,
    )


def _check_secrets(secrets: Iterable[PullSecret]) -> Iterator[Finding]:
    for secret in secrets:
        where = f"Secret {secret.namespace}/{secret.name}"
        if not _SECRET_NAME.fullmatch(secret.name) or len(secret.name) > _MAX_SECRET_NAME:
            yield findings.make("secret-name", name=secret.name).at(where)
        if not _NAMESPACE.fullmatch(secret.namespace) or len(secret.namespace) > _MAX_NAMESPACE:
            yield findings.make("namespace-name", name=secret.namespace).at(where)
        if secret.type != SECRET_TYPE:
            yield findings.make("secret-type", secret=secret.name, type=secret.type).at(where)
        if not isinstance(secret.config, Opaque):
            yield from (finding.at(where) for finding in secret.config.findings)


def _check_lists(cluster: _Cluster, workload: Workload) -> Iterator[Finding]:
    """Check that what the lists of pull secrets name is there."""
    for name in dict.fromkeys((*workload.pull_secrets, *cluster.inherited(workload))):
        if (workload.namespace, name) in cluster.secrets:
            continue
        others = sorted(namespace for namespace, other in cluster.secrets if other == name)
        code = "pull-secret-other-namespace" if others else "pull-secret-not-declared"
        yield findings.make(code, secret=name, namespace=workload.namespace, other=", ".join(others)).at(
            _place(workload)
        )


def _check_queue_proxy(cluster: _Cluster, workload: Workload, image: str) -> Iterator[Finding]:
    """Knative's sidecar runs in the same pod, and so is pulled with the same list."""
    if not image or not workload.pull_secrets:
        return
    if cluster.kubelet_view(workload).kubelet.look_up(image).result != "anonymous":
        return
    inherited = cluster.view(workload.namespace, cluster.inherited(workload))
    secrets = inherited.names(inherited.kubelet.look_up(image).candidates)
    if secrets:
        account = workload.service_account
        yield findings.make("list-hides-service-account", image=image, secret=secrets[0], account=account).at(
            _place(workload)
        )


def _check_unused(cluster: _Cluster, workloads: Iterable[Workload]) -> Iterator[Finding]:
    """Find entries of imported docker configs that no image in the namespace needs."""
    used: set[tuple[str, str, str]] = set()
    seen: dict[tuple[str, str], PullSecret] = {}
    for workload in workloads:
        views = cluster.kubelet_view(workload), cluster.knative_view(workload)
        seen |= {(secret.namespace, secret.name): secret for view in views for secret in view.secrets}
        for image in workload.images:
            knative = views[1].knative.look_up(image)
            for view, candidates in (
                (views[0], views[0].kubelet.look_up(image).candidates),
                (views[1], (*knative.candidates, *knative.unused)),
            ):
                used |= {
                    (workload.namespace, view.secrets[candidate.config].name, candidate.entry.key)
                    for candidate in candidates
                }
    for (namespace, name), secret in seen.items():
        keys = _keys(secret.config)
        unused = [key for key in keys if (namespace, name, key) not in used]
        if len(keys) > 1 and unused:
            shown = ", ".join(f'"{server.mask(key)}"' for key in unused)
            yield findings.make("entry-unused", secret=name, keys=shown).at(f"Secret {namespace}/{name}")
