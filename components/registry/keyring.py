"""Which credential each reader presents for an image: the kubelet's keyring and Knative's keychain.

Both readers normalise a key to host[:port][/path] and compare it with the image's repository: ports as
strings, host labels one by one as globs, the path as a plain prefix. What they do with matches differs.

Cost: keys are indexed by (which labels of the host are globs, port, the labels that are not). An image asks
once per distinct pattern of globs among keys with its number of labels, so unrelated registries cost nothing,
and neither do globs of other domains. Only keys that differ in nothing but their globs or their path, such as
`a*.example.com` and `b*.example.com`, are compared one by one.

Sources: k8s.io/kubernetes v1.36.3 `pkg/credentialprovider/keyring.go` and `secrets/secrets.go`;
go-containerregistry `pkg/authn/kubernetes/keychain.go` at the version of knative.dev/serving v0.42.2.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from . import docker_config, go_glob, go_text, go_url, image
from .docker_config import DockerConfig, Entry
from .errors import RegistryError
from .server import normalise


@dataclass(frozen=True)
class Candidate:
    """A credential that matches an image, and the docker config it comes from, counted from 0."""

    config: int
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class KubeletMatch:
    """What the kubelet does for one image.

    `candidates` are in the order in which they are tried. Keys of one docker config that mean the same place
    are tried in an order that Go chooses at random; here they stand in the order of the text of their keys.
    """

    result: str
    """`credential`, `anonymous`, `invalid-image` or `keyring-error`."""
    repository: str = ""
    candidates: tuple[Candidate, ...] = ()
    ignored: tuple[str, ...] = ()
    """Keys that are no address, which the kubelet logs and leaves out; sorted."""
    error: str = ""

    @property
    def usernames(self) -> tuple[str, ...]:
        """The usernames in the order in which they are tried."""
        return tuple(candidate.entry.shown_username for candidate in self.candidates)


@dataclass(frozen=True, kw_only=True)
class KnativeMatch:
    """What Knative's tag resolver does for one image.

    It presents one credential only. With result `ambiguous` Go chooses it at random among `candidates`.
    """

    result: str
    """`credential`, `anonymous`, `invalid-image`, `keychain-error` or `ambiguous`."""
    repository: str = ""
    candidates: tuple[Candidate, ...] = ()
    unused: tuple[Candidate, ...] = ()
    """Credentials that match too, but are never presented, not even after the first is refused."""
    error: str = ""

    @property
    def usernames(self) -> tuple[str, ...]:
        """Every username it may choose, sorted, each once."""
        return tuple(sorted({candidate.entry.shown_username for candidate in self.candidates}))


@dataclass(frozen=True)
class Match:
    """What both readers do for one image."""

    kubelet: KubeletMatch
    knative: KnativeMatch

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Return the output object of `kpr match`."""
        return {
            "kubelet": {
                "result": self.kubelet.result,
                "usernames": list(self.kubelet.usernames),
                "repository": self.kubelet.repository,
                "ignored": list(self.kubelet.ignored),
            },
            "knative": {
                "result": self.knative.result,
                "usernames": list(self.knative.usernames),
                "repository": self.knative.repository,
            },
        }


def match(secrets: Sequence[str], image: str) -> Match:
    """Say which credentials of `secrets`, docker config texts in the order a reader sees them, `image` gets.

    An image that a reader refuses is `invalid-image` whatever the secrets hold, because the kubelet and
    Knative's webhook look at the image first; `repository`, `usernames` and `ignored` are then empty. Where a
    docker config can't be read, `usernames` and `ignored` are empty too.
    """
    configs = [docker_config.read(text) for text in secrets]
    return Match(KubeletKeyring(configs).look_up(image), KnativeKeychain(configs).look_up(image))


class KubeletKeyring:
    """The kubelet's keyring over docker configs, in the order of the pod's `imagePullSecrets`."""

    def __init__(self, configs: Iterable[DockerConfig]) -> None:
        self.error = ""
        """Why no image can be pulled with these docker configs; empty if they are readable."""
        self.ignored: tuple[str, ...] = ()
        """Keys that are no address, sorted."""
        self._index = _Index()
        self._credentials: defaultdict[bytes, list[Candidate]] = defaultdict(list)
        ignored: set[str] = set()
        for number, config in enumerate(configs):
            if config.kubelet.error:
                self.error = config.kubelet.error
                return
            for entry in sorted(config.kubelet.entries, key=lambda entry: entry.key):
                key = normalise(entry.key)
                if key is None:
                    ignored.add(entry.key)
                    continue
                self._index.add(key)
                self._credentials[key].append(Candidate(number, entry))
        self.ignored = tuple(sorted(ignored))

    def look_up(self, reference: str) -> KubeletMatch:
        """Return every credential that is tried for an image, in order."""
        try:
            repository = image.for_kubelet(reference).repository
        except RegistryError as error:
            return KubeletMatch(result="invalid-image", error=str(error))
        if self.error:
            return KubeletMatch(result="keyring-error", repository=repository, error=self.error)
        keys = self._index.find(go_text.to_bytes(repository))
        if not keys and _is_docker_hub(repository):
            keys = [_DEFAULT_REGISTRY]
        candidates = tuple(candidate for key in keys for candidate in self._credentials.get(key, ()))
        return KubeletMatch(
            result="credential" if candidates else "anonymous",
            repository=repository,
            candidates=candidates,
            ignored=self.ignored,
        )


class KnativeKeychain:
    """The keychain of Knative's tag resolver: the Revision's pull secrets, then its service account's."""

    def __init__(self, configs: Iterable[DockerConfig]) -> None:
        self.error = ""
        """Why no image can be resolved with these docker configs; empty if they are readable."""
        self._index = _Index()
        self._credentials: dict[bytes, list[Candidate]] = {}
        self._later: defaultdict[bytes, list[Candidate]] = defaultdict(list)
        for number, config in enumerate(configs):
            if config.knative.error:
                self.error = config.knative.error
                return
            new: defaultdict[bytes, list[Candidate]] = defaultdict(list)
            for entry in config.knative.entries:
                key = normalise(entry.key)
                if key is None:
                    self.error = f"Entry {entry.key!r} in dockercfg invalid"
                    return
                # The first docker config with a key decides: only the first credential of a key is ever used.
                place = self._later if key in self._credentials else new
                place[key].append(Candidate(number, entry))
            for key, candidates in new.items():
                self._index.add(key)
                self._credentials[key] = sorted(candidates, key=lambda candidate: candidate.entry.key)

    def look_up(self, reference: str) -> KnativeMatch:
        """Return the credential that is presented for an image, or those it is chosen from at random."""
        try:
            repository = image.for_knative(reference).repository
        except RegistryError as error:
            return KnativeMatch(result="invalid-image", error=str(error))
        if self.error:
            return KnativeMatch(result="keychain-error", repository=repository, error=self.error)
        keys = self._index.find(go_text.to_bytes(repository))
        if not keys:
            return KnativeMatch(result="anonymous", repository=repository)
        candidates = tuple(self._credentials[keys[0]])
        return KnativeMatch(
            result="ambiguous" if len(set(map(_presented, candidates))) > 1 else "credential",
            repository=repository,
            candidates=candidates,
            unused=(*self._later.get(keys[0], ()), *(c for key in keys[1:] for c in self._all(key))),
        )

    def _all(self, key: bytes) -> list[Candidate]:
        return self._credentials[key] + self._later.get(key, [])


_DEFAULT_REGISTRY = b"index.docker.io"


def _presented(candidate: Candidate) -> tuple[object, ...]:
    entry = candidate.entry
    return entry.username, entry.password, entry.identity_token, entry.registry_token


def _is_docker_hub(repository: str) -> bool:
    """Apply the kubelet's `isDefaultRegistryMatch`: Docker Hub, or any host without a dot and a colon."""
    host = repository.partition("/")[0]
    return host in ("docker.io", "index.docker.io") or not ("." in host or ":" in host)


@dataclass(frozen=True)
class _Scope:
    globs: tuple[Callable[[bytes], bool], ...]
    path: bytes
    key: bytes


class _Index:
    """Normalised keys by the shape of their host: which labels are globs, the port, the other labels."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._shapes: defaultdict[int, set[tuple[bool, ...]]] = defaultdict(set)
        self._scopes: defaultdict[tuple[tuple[bool, ...], bytes, tuple[bytes, ...]], list[_Scope]] = (
            defaultdict(list)
        )

    def add(self, key: bytes) -> None:
        """Add a key. One that is no address after normalising is never matched, as in both readers."""
        if key in self._keys:
            return
        self._keys.add(key)
        try:
            host, path = go_url.parse(key)
        except go_url.URLError:
            return
        labels, port = _labels(host)
        shape = tuple(go_glob.is_glob(label) for label in labels)
        literals = tuple(label for label, glob in zip(labels, shape, strict=True) if not glob)
        globs = tuple(go_glob.matcher(label) for label, glob in zip(labels, shape, strict=True) if glob)
        self._shapes[len(labels)].add(shape)
        self._scopes[shape, port, literals].append(_Scope(globs, path, key))

    def find(self, repository: bytes) -> list[bytes]:
        """Return the keys that match, in reverse order of their bytes, which is the readers' order."""
        try:
            host, path = go_url.parse(repository)
        except go_url.URLError:
            return []
        labels, port = _labels(host)
        found: list[bytes] = []
        for shape in self._shapes.get(len(labels), ()):
            literals = tuple(label for label, glob in zip(labels, shape, strict=True) if not glob)
            at_globs = [label for label, glob in zip(labels, shape, strict=True) if glob]
            found.extend(
                scope.key
                for scope in self._scopes.get((shape, port, literals), ())
                if path.startswith(scope.path)
                and all(glob(label) for glob, label in zip(scope.globs, at_globs, strict=True))
            )
        return sorted(found, reverse=True)


def _labels(host: bytes) -> tuple[list[bytes], bytes]:
    name, port = go_url.split_host_port(host)
    return name.split(b"."), port
