"""An image reference as each reader parses it.

The kubelet follows the distribution reference, where Docker Hub is `docker.io` and `localhost/app` names a
registry. Knative follows go-containerregistry's weak validation, where Docker Hub is `index.docker.io` and
only a first part with a dot or a colon names a registry.
"""

import re
from dataclasses import dataclass

from . import findings, go_text, go_url, server
from .errors import RegistryError
from .findings import Finding


@dataclass(frozen=True)
class Image:
    """One reader's view of an image reference."""

    registry: str
    """The registry the reader contacts, e.g. `docker.io` (kubelet) or `index.docker.io` (Knative)."""
    path: str
    """The repository within the registry, e.g. `library/nginx`."""
    tag: str
    """The tag, `latest` if neither tag nor digest is given; empty if only a digest is given."""
    digest: str
    """`sha256:...` or empty."""

    @property
    def repository(self) -> str:
        """Registry and path, which is what credentials are matched against."""
        return f"{self.registry}/{self.path}"


def for_kubelet(image: str) -> Image:
    """Parse `image` as the kubelet does; raises `RegistryError` where the pod gets `InvalidImageName`.

    Source: github.com/distribution/reference v0.6.0 `ParseNormalizedNamed`, called from
    k8s.io/kubernetes v1.36.3 `pkg/util/parsers`.
    """
    image = go_text.clean(image)
    if _IDENTIFIER.fullmatch(image):
        raise _invalid(image, "64 hexadecimal characters are an image ID, not a name")
    domain, remainder = _split_domain(image)
    remote = remainder.partition(":")[0]
    if remote != remote.lower():
        raise _invalid(image, "the repository must be lower case")
    match = _REFERENCE.fullmatch(f"{domain}/{remainder}")
    if not match:
        raise _invalid(image, "expected [registry/]repository[:tag][@sha256:digest]")
    name, tag, digest = match.group("name", "tag", "digest")
    parts = _NAME.fullmatch(name)
    if parts and len(parts["path"]) > _MAX_REPOSITORY:
        raise _invalid(image, f"the repository is longer than {_MAX_REPOSITORY} characters")
    if digest and not _DIGEST.fullmatch(digest):
        raise _invalid(image, "the digest must be sha256: and 64 lower-case hexadecimal characters")
    registry, _, path = name.partition("/")
    return Image(registry, path, tag or ("" if digest else _DEFAULT_TAG), digest or "")


def for_knative(image: str) -> Image:
    """Parse `image` as Knative's webhook and tag resolver do; raises `RegistryError` where they refuse it.

    Source: github.com/google/go-containerregistry v0.13.0 `pkg/name` with `WeakValidation`, called from
    knative.dev/serving v0.42.2 `pkg/reconciler/revision/resolve.go` (digest first, then tag).
    """
    image = go_text.clean(image)
    try:
        return _weak_digest(image)
    except RegistryError:
        return _weak_tag(image)


def check(image: str) -> tuple[Finding, ...]:
    """Say what is wrong with an image reference for the kubelet, for Knative, or for running it again.

    An image without a finding of severity error is accepted by both readers.
    """
    problem = _problem(image)
    if problem is not None:
        return (problem,)
    kubelet, knative = for_kubelet(image), for_knative(image)
    found: list[Finding] = []
    if kubelet.registry == "localhost":
        found.append(findings.make("localhost-repository", image=image))
    elif kubelet.registry.partition(":")[0] in ("localhost", "127.0.0.1"):
        found.append(findings.make("localhost-registry", image=image))
    if knative.tag == _DEFAULT_TAG and not knative.digest:
        found.append(findings.make("image-latest", image=image))
    return tuple(found)


def _problem(image: str) -> Finding | None:
    shown = server.mask(image)
    if _BLANK.search(image):
        return findings.make("image-blank", image=shown)
    if "://" in image:
        return findings.make("image-scheme", image=shown)
    if image.endswith(":"):
        return findings.make("image-empty-tag", image=shown)
    name, at, digest = image.partition("@")
    if at and not _SHA256.fullmatch(digest):
        return findings.make("image-digest", image=shown)
    tag = name.rpartition(":")[2]
    if ":" in name and len(tag) > _MAX_TAG and _TAG_CHARACTERS.fullmatch(tag):
        return findings.make("image-tag-length", image=shown)
    colon = name.rfind(":")
    repository = name[:colon] if colon > name.rfind("/") else name
    lower = repository.lower() + image[len(repository) :]
    try:
        kubelet = for_kubelet(image)
    except RegistryError as error:
        if _is_accepted(lower):
            return findings.make("image-case", image=shown, lower=lower)
        return findings.make("image-invalid", image=shown, reader="the kubelet", why=_why(error))
    try:
        for_knative(image)
    except RegistryError as error:
        if len(kubelet.path.removeprefix("library/")) == 1:
            return findings.make("image-one-character", image=shown)
        return findings.make("image-invalid", image=shown, reader="Knative", why=_why(error))
    return None


def _is_accepted(image: str) -> bool:
    try:
        for_kubelet(image)
        for_knative(image)
    except RegistryError:
        return False
    return True


_DEFAULT_TAG = "latest"
_MAX_TAG = 128
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_TAG_CHARACTERS = re.compile("[a-zA-Z0-9_.-]+")
_MAX_REPOSITORY = 255
_NOT_A_REFERENCE = " is not an image reference: "

_IDENTIFIER = re.compile("[a-f0-9]{64}")
_DIGEST = re.compile("sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_SHA256 = re.compile("sha256:[a-f0-9]{64}")

_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"
_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
_PATH = f"{_COMPONENT}(?:/{_COMPONENT})*"
_NAME = re.compile(f"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PATH})")
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)

_WEAK_REPOSITORY = re.compile("[a-z0-9_./-]{2,255}")
_WEAK_TAG = re.compile("[a-zA-Z0-9_.-]{1,128}")


def _invalid(image: str, why: str) -> RegistryError:
    return RegistryError(f"{server.mask(image)!r}{_NOT_A_REFERENCE}{why}")


def _why(error: RegistryError) -> str:
    return str(error).rpartition(_NOT_A_REFERENCE)[2]


def _split_domain(image: str) -> tuple[str, str]:
    first, slash, rest = image.partition("/")
    if not slash:
        return "docker.io", f"library/{image}"
    if first == "index.docker.io":
        domain, remainder = "docker.io", rest
    elif first == "localhost" or "." in first or ":" in first or first.lower() != first:
        domain, remainder = first, rest
    else:
        domain, remainder = "docker.io", image
    if domain == "docker.io" and "/" not in remainder:
        remainder = f"library/{remainder}"
    return domain, remainder


def _weak_digest(image: str) -> Image:
    base, at, digest = image.partition("@")
    if not at or not _SHA256.fullmatch(digest):
        raise _invalid(image, "the digest must be sha256: and 64 lower-case hexadecimal characters")
    tag = ""
    try:
        tagged = _weak_tag(base)
    except RegistryError:
        pass
    else:
        tag = tagged.tag if base.endswith(f":{tagged.tag}") else ""
        base = tagged.repository
    registry, path = _weak_repository(base)
    return Image(registry, path, tag, digest)


def _weak_tag(image: str) -> Image:
    base, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        base, tag = image, ""
    if tag and not _WEAK_TAG.fullmatch(tag):
        raise _invalid(image, "the tag may hold at most 128 letters, digits, '_', '.', '-'")
    registry, path = _weak_repository(base)
    return Image(registry, path, tag or _DEFAULT_TAG, "")


def _weak_repository(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    registry, path = (first, rest) if slash and ("." in first or ":" in first) else ("", name)
    if not _WEAK_REPOSITORY.fullmatch(path):
        raise _invalid(name, "the repository must be 2 to 255 of a-z, 0-9, '_', '-', '.', '/'")
    host = go_text.to_bytes(registry)
    try:
        url = go_url.parse(host, scheme="")
    except go_url.URLError:
        url = None
    if url is None or url.host != host:
        raise _invalid(name, "the registry must be a host name with an optional port")
    if registry in ("", "docker.io"):
        registry = "index.docker.io"
    if registry == "index.docker.io" and "/" not in path:
        path = f"library/{path}"
    return registry, path
