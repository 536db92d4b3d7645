"""Registry addresses: what users write, and what must stand in a docker config so that both readers match it.

The readers share one normalisation of a key (`normalise`), but Docker Hub has another name for each: the
kubelet looks its images up as `docker.io/...`, with `index.docker.io` as a fallback for a key without a path;
Knative looks them up as `index.docker.io/...`. Hence `https://index.docker.io/v1/` is the one address for all
of Docker Hub, and a path on it needs two keys.
"""

import re
from dataclasses import dataclass, replace

from . import findings, go_glob, go_text, go_url
from .findings import Finding, Severity

DOCKER_HUB = "https://index.docker.io/v1/"
"""The address of Docker Hub that both readers match."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A registry's address, made canonical."""

    address: str
    """The canonical address; if it can't be used (see `findings`), what was given, with userinfo masked."""
    keys: tuple[str, ...] = ()
    """What must stand in `auths`: one key, two for a path on Docker Hub, none for an unusable address."""
    host: str = ""
    """The host without its port, lower case; `index.docker.io` for Docker Hub."""
    port: str = ""
    path: str = ""
    """The path that the credentials are limited to, e.g. `/team`; empty for all of the registry."""
    insecure: bool = False
    """Whether it was written with `http://`, which both readers ignore."""
    findings: tuple[Finding, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @property
    def registry(self) -> str:
        """Host and port, as they stand in an image name."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def is_docker_hub(self) -> bool:
        """Whether it is Docker Hub."""
        return self.registry == _HUB_HOST


def parse(text: str, *, verbatim: bool = False) -> Server:
    """Make a registry's address canonical and say what was wrong with it. Never raises.

    Trims, lowers the host, drops scheme, `/v1` and `/v2`, and a slash at the end, and turns the names of
    Docker Hub into `https://index.docker.io/v1/`. With `verbatim` the address is kept byte by byte, as
    kubectl does; the findings then say what that breaks.
    """
    server = _canonical(text, verbatim=verbatim)
    if not verbatim:
        return server
    found = server.findings
    if normalise(text) is None and server.is_usable:
        found += (findings.make("not-an-address", server=mask(text), why="the readers don't trim it"),)
    return replace(server, address=text, keys=(text,), findings=found)


def normalise(key: str) -> bytes | None:
    """Return host[:port][/path] for a key of `auths`, as both readers do, or None if it is no address.

    `/v1/` and `/v2/` at the start of the path, and a path of only `/`, are dropped.

    Source: k8s.io/kubernetes v1.36.3 `pkg/credentialprovider/keyring.go` `BasicDockerKeyring.Add`.
    """
    value = go_text.to_bytes(key)
    if value.startswith(b"https://"):
        scheme, value = "https", value[8:]
    elif value.startswith(b"http://"):
        scheme, value = "http", value[7:]
    else:
        scheme = "https"
    try:
        url = go_url.parse(value, scheme)
    except go_url.URLError:
        return None
    path = url.path[3:] if url.path.startswith((b"/v1/", b"/v2/")) else url.path
    return url.host if path == b"/" else url.host + path


def mask(address: str) -> str:
    """Return an address for people, with whatever may be userinfo replaced by `***`."""
    before, at, after = address.rpartition("@")
    if not at:
        return address
    if _DIGEST.fullmatch(after):
        return f"{mask(before)}@{after}"
    scheme = _SCHEME_PREFIX.match(address)
    return f"{scheme[0] if scheme else ''}***@{after}"


_HUB_HOST = "index.docker.io"
_HUB_ALIASES = {"docker.io", _HUB_HOST, "registry-1.docker.io", "hub.docker.com", "registry.hub.docker.com",
                "auth.docker.io"}  # fmt: skip
_DIGEST = re.compile(r"sha[0-9]+:[0-9A-Fa-f]*")
_SCHEME_PREFIX = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9*]([a-z0-9*._-]*[a-z0-9*])?|\[[0-9a-f:.]+\]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PATH = re.compile(r"(?:/[a-z0-9._-]+)*")
_IMAGE = re.compile(r"(?P<name>/.*[^/])(?P<suffix>[:@][^/]*)")


class _UnusableError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def _canonical(text: str, *, verbatim: bool) -> Server:
    notes: list[Finding] = []
    try:
        server = _read(text, notes)
        if not server.port and (server.host in _HUB_ALIASES or _is_hub_glob(server.host)):
            server = _docker_hub(text, server, notes, verbatim=verbatim)
    except _UnusableError as error:
        return Server(address=mask(text), findings=(*notes, error.finding))
    return replace(server, findings=tuple(notes))


def _unusable(code: str, **values: object) -> _UnusableError:
    return _UnusableError(findings.make(code, **values))


def _read(text: str, notes: list[Finding]) -> Server:
    """Split a trimmed address into its parts, refusing what no reader could match."""
    address = text.strip()
    shown = mask(address)
    if not address:
        raise _unusable("server-empty")
    if address != text:
        notes.append(findings.make("server-blank-around", server=shown))
    if _BLANK.search(address):
        raise _unusable("server-blank-inside", server=shown)
    insecure = False
    if scheme := _SCHEME.match(address):
        address = _without_scheme(address, scheme[1], shown, notes)
        insecure = scheme[1].lower() == "http"
    if "***@" in shown:
        raise _unusable("server-userinfo", server=shown)
    authority = re.split("[/?#]", address, maxsplit=1)[0]
    if "?" in address or "#" in address or "//" in address:
        raise _unusable("server-extra", server=shown)
    path = address[len(authority) :]
    if image := _IMAGE.fullmatch(path):
        name = authority + image["name"]
        raise _unusable("server-is-image", server=shown, suffix=image["suffix"], host=authority, name=name)
    host, port = _host_and_port(authority, shown, notes)
    path = _path(path, shown, notes)
    canonical = f"{host}:{port}{path}" if port else host + path
    return Server(address=canonical, keys=(canonical,), host=host, port=port, path=path, insecure=insecure)


def _without_scheme(address: str, scheme: str, shown: str, notes: list[Finding]) -> str:
    rest = address[len(scheme) + 1 :]
    if scheme.lower() not in ("http", "https") or not rest.startswith("//") or _SCHEME.match(rest[2:]):
        raise _unusable("server-scheme", server=shown)
    if scheme != scheme.lower():
        notes.append(findings.make("server-scheme-case", server=shown, scheme=scheme))
    if scheme.lower() == "http":
        notes.append(findings.make("server-http", server=shown))
    return rest[2:]


def _host_and_port(authority: str, shown: str, notes: list[Finding]) -> tuple[str, str]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, colon, port = authority, "", ""
    lower = host.lower()
    if not _HOST.fullmatch(lower) or ".." in lower or normalise(authority) is None:
        raise _unusable("not-an-address", server=shown, why="expected a host name, such as ghcr.io")
    if colon and not (_PORT.fullmatch(port) and int(port) < 1 << 16):
        raise _unusable("not-an-address", server=shown, why="the port must be a number from 1 to 65535")
    if host != lower:
        notes.append(findings.make("server-host-case", server=shown, host=lower))
    if port in ("443", "80"):
        notes.append(findings.make("server-default-port", server=shown, host=lower))
    return lower, port


def _path(path: str, shown: str, notes: list[Finding]) -> str:
    if path in ("/v1", "/v2"):
        notes.append(findings.make("server-missing-slash", server=shown))
        return ""
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    path = path.removesuffix("/")
    if not _PATH.fullmatch(path):
        why = "a path may hold what a repository name may: a-z, 0-9, '.', '_', '-'"
        raise _unusable("not-an-address", server=shown, why=why)
    return path


def _is_hub_glob(host: str) -> bool:
    if "*" not in host:
        return False
    labels, hub = host.split("."), _HUB_HOST.split(".")
    return len(labels) == len(hub) and all(
        go_glob.match(label.encode(), part.encode()) for label, part in zip(labels, hub, strict=True)
    )


def _docker_hub(text: str, server: Server, notes: list[Finding], *, verbatim: bool) -> Server:
    shown = mask(text.strip())
    if server.host in _HUB_ALIASES - {"docker.io", _HUB_HOST}:
        notes.append(findings.make("hub-not-the-registry", server=shown, host=server.host))
    elif server.host == "docker.io" and (verbatim or not server.path):
        notes.append(findings.make("hub-kubelet-only-address", server=shown))
    elif server.host != "docker.io" and ((verbatim and server.path) or server.host != _HUB_HOST):
        raise _unusable("hub-knative-only-address", server=shown)
    if not server.path:
        return replace(server, address=DOCKER_HUB, keys=(DOCKER_HUB,), host=_HUB_HOST)
    key = _HUB_HOST + server.path
    return replace(server, address=key, keys=(key, "docker.io" + server.path), host=_HUB_HOST)
