"""Docker configs, the content of image pull secrets: written as kubectl does, read as each reader does."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from . import findings, go_json, go_text, server
from .errors import RegistryError
from .findings import Finding
from .opaque import Opaque


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member of `auths`: the credentials that a reader finds under `key`."""

    key: str
    username: str | Opaque = ""
    password: str | Opaque = field(default="", repr=False)
    email: str = ""
    identity_token: str = field(default="", repr=False)
    """Only Knative reads it; the kubelet does not."""
    registry_token: str = field(default="", repr=False)
    """Only Knative reads it; the kubelet does not."""

    @property
    def shown_username(self) -> str:
        """The username for people; `<token>` if an identity token is presented instead."""
        return "<token>" if self.identity_token else str(self.username)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no credential at all, as entries do that point to a credential store."""
        return not (self.username or self.password or self.identity_token or self.registry_token)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reader makes of a docker config: its entries, or why it refuses all of it."""

    entries: tuple[Entry, ...] = ()
    error: str = ""
    malformed_auth: str | None = None
    """The key of the entry whose `auth` is why."""


@dataclass(frozen=True, kw_only=True)
class DockerConfig:
    """A docker config as the kubelet and as Knative read it."""

    kubelet: Reading
    knative: Reading
    findings: tuple[Finding, ...] = ()


def render(*, server: str, username: str, password: str, email: str = "") -> str:
    """Return the `.dockerconfigjson` of `kubectl create secret docker-registry` for the same four values.

    Byte-equal to kubectl v1.36: fields in the order username, password, email, auth; no e-mail if empty;
    the server as it is given; Go's JSON escapes. Raises `RegistryError` if server, username or password is
    empty, as kubectl refuses that too.
    """
    return render_entries([Entry(key=server, username=username, password=password, email=email)])


def render_entries(entries: Iterable[Entry]) -> str:
    """Return a docker config with several entries, each written like kubectl's, in the given order.

    Raises `RegistryError` for an entry without key, username or password, for a key given twice, and for an
    entry whose values are not known.
    """
    auths: dict[str, dict[str, str]] = {}
    for entry in entries:
        username, password = entry.username, entry.password
        if isinstance(username, Opaque) or isinstance(password, Opaque):
            raise RegistryError(f"the credentials for {entry.key!r} are encrypted and can't be written")
        if not (entry.key and username and password):
            raise RegistryError("server, username and password must not be empty")
        if entry.key in auths:
            raise RegistryError(f"{entry.key!r} is given twice in one docker config")
        fields = {"username": username, "password": password}
        if entry.email:
            fields["email"] = entry.email
        fields["auth"] = base64.b64encode(go_text.to_bytes(f"{username}:{password}")).decode()
        auths[entry.key] = fields
    text = json.dumps({"auths": auths}, ensure_ascii=False, separators=(",", ":"))
    return go_text.clean(text).translate(_GO_ESCAPES)


def from_entries(entries: Iterable[Entry]) -> DockerConfig:
    """Return the docker config that `entries` make up, without rendering and parsing it.

    Of entries with one key the last counts. Passwords and usernames may be `OPAQUE`: who can pull what
    depends on the keys alone.
    """
    reading = Reading(entries=tuple({entry.key: entry for entry in entries}.values()))
    return DockerConfig(kubelet=reading, knative=reading)


def parse(text: str | bytes) -> DockerConfig:
    """Read the text of a docker config as the kubelet and as Knative do, and say what is wrong with it.

    Never raises for bad text. Both readers decode JSON with Go: names in any case, the last duplicate wins,
    `null` changes nothing. A field of the wrong type or an `auth` that is not base64(user:password) makes a
    reader refuse the whole text. Empty text is skipped by both.

    Source: k8s.io/kubernetes v1.36.3 `pkg/credentialprovider/config.go`, go-containerregistry v0.13.0
    `pkg/authn/authn.go` and `pkg/authn/kubernetes/keychain.go`.
    """
    text = _decoded(text)
    config, document = _read(text)
    return replace(config, findings=tuple(_findings(text, document, config)))


def read(text: str | bytes) -> DockerConfig:
    """Do what `parse` does, but leave the findings away, which take most of its time."""
    return _read(_decoded(text))[0]


def _decoded(text: str | bytes) -> str:
    return go_text.from_bytes(text) if isinstance(text, bytes) else text


def _read(text: str) -> tuple[DockerConfig, Any]:
    """Return the docker config, and the document if it is JSON."""
    if not text:
        return DockerConfig(kubelet=Reading(), knative=Reading()), None
    try:
        document = go_json.loads(text)
    except go_json.JSONError as error:
        refused = Reading(error=f"{_NOT_JSON}{error}")
        return DockerConfig(kubelet=refused, knative=refused), None
    kubelet = _reading(document, _kubelet_entry, check_headers=True)
    knative = _reading(document, _knative_entry, check_headers=False)
    return DockerConfig(kubelet=kubelet, knative=knative), document


def only(config: DockerConfig, keys: Collection[str]) -> DockerConfig:
    """Return the docker config with no other entries than those under `keys`."""

    def keep(reading: Reading) -> Reading:
        return replace(reading, entries=tuple(entry for entry in reading.entries if entry.key in keys))

    return replace(config, kubelet=keep(config.kubelet), knative=keep(config.knative))


# json.dumps leaves these raw where Go's encoder, which HTML-escapes, does not.
_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


_ReadEntry = Callable[[str, go_json.Object], Entry]

_NOT_JSON = "not JSON: "
_MAX_SECRET = 1 << 20  # bytes, of the API server


class _RefusedError(ValueError):
    pass


class _MalformedAuthError(_RefusedError):
    def __init__(self, key: str) -> None:
        super().__init__(f"auth of auths[{server.mask(key)!r}] is not base64(username:password)")
        self.key = key


def _findings(text: str, document: Any, config: DockerConfig) -> Iterator[Finding]:
    kubelet, knative = config.kubelet, config.knative
    size = len(go_text.to_bytes(text))
    if size > _MAX_SECRET:
        yield findings.make("secret-too-large", size=size)
    # What both refuse, they refuse for one reason.
    if kubelet.error:
        yield _refusal("the kubelet", kubelet)
    elif knative.error:
        yield _refusal("Knative", knative)
    if kubelet.error or knative.error:
        return
    if not kubelet.entries:
        members = go_json.Object() if document is None else document
        legacy = any(isinstance(value, go_json.Object) and "." in key for key, value in members)
        has_auths = bool(go_json.field_values(members, "auths"))
        yield findings.make("docker-config-legacy" if legacy and not has_auths else "docker-config-no-auths")
    stores = _credential_stores(document)
    for entry in knative.entries:
        yield from server.parse(entry.key, verbatim=True).findings
        shown = server.mask(entry.key)
        if entry.identity_token:
            yield findings.make("identity-token", key=shown)
        elif entry.is_empty and (store := stores.get(entry.key, stores.get(""))):
            yield findings.make("credential-store", key=shown, store=store)
        elif entry.is_empty:
            yield findings.make("entry-empty", key=shown)
    yield from _same_place_twice(knative.entries)


def _refusal(reader: str, reading: Reading) -> Finding:
    if reading.error.startswith(_NOT_JSON):
        return findings.make("docker-config-not-json", why=reading.error.removeprefix(_NOT_JSON))
    if reading.malformed_auth is not None:
        return findings.make("auth-malformed", key=server.mask(reading.malformed_auth))
    return findings.make("docker-config-refused", reader=reader, why=reading.error)


def _credential_stores(document: Any) -> dict[str, str]:
    """Return the credential helper by key of `auths`; the one under the empty key is for all."""
    members = _object(document, "the docker config")
    stores: dict[str, str] = {}
    for value in go_json.field_values(members, "credsStore"):
        if type(value) is str and value:
            stores[""] = f"credsStore {value}"
    for value in go_json.field_values(members, "credHelpers"):
        if isinstance(value, go_json.Object):
            stores |= {key: f"credHelpers {helper}" for key, helper in value if type(helper) is str}
    return stores


def _same_place_twice(entries: Iterable[Entry]) -> Iterator[Finding]:
    places: dict[bytes, list[Entry]] = {}
    for entry in entries:
        place = server.normalise(entry.key)
        if place is not None:
            places.setdefault(place, []).append(entry)
    for same in places.values():
        if len({(e.username, e.password, e.identity_token, e.registry_token) for e in same}) > 1:
            keys = " and ".join(f'"{server.mask(entry.key)}"' for entry in same)
            yield findings.make("same-place-twice", keys=keys)


def _reading(document: Any, read_entry: _ReadEntry, *, check_headers: bool) -> Reading:
    try:
        if check_headers:
            _check_headers(document)
        return Reading(entries=_auths(document, read_entry))
    except _MalformedAuthError as error:
        return Reading(error=str(error), malformed_auth=error.key)
    except _RefusedError as error:
        return Reading(error=str(error))


def _object(value: Any, what: str) -> go_json.Object:
    if value is None:
        return go_json.Object()
    if not isinstance(value, go_json.Object):
        raise _RefusedError(f"{what} is not an object")
    return value


def _auths(document: Any, read_entry: _ReadEntry) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    for value in go_json.field_values(_object(document, "the docker config"), "auths"):
        if value is None:
            entries.clear()
        for key, member in _object(value, '"auths"'):
            # An entry that a later one replaces is decoded all the same, and may be refused.
            entries[key] = read_entry(key, _object(member, f"auths[{server.mask(key)!r}]"))
    return tuple(entries.values())


def _check_headers(document: Any) -> None:
    for value in go_json.field_values(_object(document, "the docker config"), "HttpHeaders"):
        for name, header in _object(value, '"HttpHeaders"'):
            if header is not None and type(header) is not str:
                raise _RefusedError(f'"HttpHeaders" member {name!r} is not a string')


def _string(members: go_json.Object, name: str, key: str) -> str:
    result = ""
    for value in go_json.field_values(members, name):
        if value is None:
            continue
        if type(value) is not str:
            raise _RefusedError(f"{name} of auths[{server.mask(key)!r}] is not a string")
        result = value
    return result


def _kubelet_entry(key: str, members: go_json.Object) -> Entry:
    username, password = _basic_auth(key, members)
    return Entry(key=key, username=username, password=password, email=_string(members, "email", key))


def _knative_entry(key: str, members: go_json.Object) -> Entry:
    username, password = _basic_auth(key, members)
    return Entry(
        key=key,
        username=username,
        password=password,
        identity_token=_string(members, "identitytoken", key),
        registry_token=_string(members, "registrytoken", key),
    )


def _basic_auth(key: str, members: go_json.Object) -> tuple[str, str]:
    username, password = _string(members, "username", key), _string(members, "password", key)
    auth = _string(members, "auth", key)
    if not auth:
        return username, password
    decoded = _decode_base64(auth)
    if decoded is None or b":" not in decoded:
        raise _MalformedAuthError(key)
    user, _, secret = decoded.partition(b":")
    return go_text.from_bytes(user), go_text.from_bytes(secret)


_PADDED = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UNPADDED = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?")


def _decode_base64(field_value: str) -> bytes | None:
    """Decode as Go does: line breaks anywhere, padding if and only if the trimmed text ends in '='."""
    alphabet = _PADDED if field_value.strip().endswith("=") else _UNPADDED
    text = field_value.replace("\r", "").replace("\n", "")
    if not alphabet.fullmatch(text):
        return None
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))
