"""Go's `url.Parse` for the addresses in docker configs and image names, and `net.SplitHostPort`.

Both readers run every key and every image through these two functions, so which keys are refused, and what is
left of the others, depends on their details. Results are bytes, because `%ff` in a path is not UTF-8.

Source: Go 1.26 `net/url/url.go` and `net/ipsock.go`.
"""

import ipaddress
import re
from typing import NamedTuple


class URLError(ValueError):
    """An address that `url.Parse` refuses."""


class URL(NamedTuple):
    """Host (with port) and path of an address, percent-decoded."""

    host: bytes
    path: bytes


def parse(value: bytes, scheme: str = "https") -> URL:
    """Parse `value`, the part of an URL that follows `scheme://`.

    With an empty `scheme` the host may hold several colons, as Go allows for anything but http and https.
    Userinfo, query and fragment are checked and dropped. Raises `URLError`.
    """
    address, _, fragment = value.partition(b"#")
    if _CONTROL.search(address):
        raise URLError("control character")
    address = address.partition(b"?")[0]
    authority, slash, rest = address.partition(b"/")
    userinfo, at, host = authority.rpartition(b"@")
    host = _host(host, strict=scheme != "")
    if at:
        if not _USERINFO.fullmatch(userinfo):
            raise URLError("invalid userinfo")
        _unescape(userinfo)
    path = _unescape(slash + rest)
    _unescape(fragment)
    return URL(host, path)


def split_host_port(hostport: bytes) -> tuple[bytes, bytes]:
    """Split `host:port`; whatever Go's `SplitHostPort` refuses is a host without a port."""
    whole = (hostport, b"")
    host, colon, port = hostport.rpartition(b":")
    if not colon:
        return whole
    opened, closed = 0, 0  # where no further '[' and no further ']' may follow
    if hostport.startswith(b"["):
        end = hostport.find(b"]")
        if end < 0 or end + 1 != len(host):
            return whole
        host = hostport[1:end]
        opened, closed = 1, end + 1
    elif b":" in host:
        return whole
    if b"[" in hostport[opened:] or b"]" in hostport[closed:]:
        return whole
    return host, port


_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_USERINFO = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_HOST_BYTE = rb"[A-Za-z0-9!$&'()*+,;=:\[\]<>\"\-_.~\x80-\xff]"
# In a host only bytes outside ASCII, and the percent sign itself, may be percent-encoded.
_HOST = re.compile(rb"(?:" + _HOST_BYTE + rb"|%[89A-Fa-f][0-9A-Fa-f]|%25)*")
_PLAIN_HOST = re.compile(rb"[A-Za-z0-9\-_.~]*(?::[0-9]*)?")
_ZONE_BYTE = re.compile(rb"[A-Za-z0-9!$&'()*+,;=:\[\]<>\"\-_.~ ]")
_PORT = re.compile(rb"(?::[0-9]*)?")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def _unescape(value: bytes) -> bytes:
    if b"%" not in value:
        return value
    if _BAD_ESCAPE.search(value):
        raise URLError("invalid percent-encoding")
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), value)


def _unescape_host(value: bytes) -> bytes:
    if not _HOST.fullmatch(value):
        raise URLError("invalid character in host name")
    return _unescape(value)


def _unescape_zone(value: bytes) -> bytes:
    raw = re.sub(rb"%..", b"", value, flags=re.DOTALL)
    if not _HOST.fullmatch(raw):
        raise URLError("invalid character in zone")
    decoded = _unescape(value)
    for escape in _ESCAPE.finditer(value):
        if escape[1] != b"25" and not _ZONE_BYTE.fullmatch(bytes.fromhex(escape[1].decode())):
            raise URLError("invalid percent-encoding in zone")
    return decoded


def _host(host: bytes, *, strict: bool) -> bytes:
    if _PLAIN_HOST.fullmatch(host):
        return host
    bracket = host.rfind(b"[")
    if bracket > 0:
        raise URLError("invalid IP-literal")
    if bracket == 0:
        return _ip_literal(host)
    colon = host.find(b":") if strict else host.rfind(b":")
    if colon >= 0 and not _PORT.fullmatch(host[colon:]):
        raise URLError("invalid port")
    return _unescape_host(host)


def _ip_literal(host: bytes) -> bytes:
    end = host.rfind(b"]")
    if end < 0:
        raise URLError("missing ']' in host")
    port = host[end + 1 :]
    if not _PORT.fullmatch(port):
        raise URLError("invalid port")
    address, zone = host[1:end], b""
    start = address.find(b"%25")
    if start >= 0:
        address, zone = address[:start], address[start:]
    literal = _unescape_host(address) + _unescape_zone(zone)
    if not _is_ipv6(literal):
        raise URLError("invalid IP address in host")
    return b"[" + literal + b"]" + port


def _is_ipv6(literal: bytes) -> bool:
    address, percent, zone = literal.partition(b"%")
    if percent and not zone:
        return False
    try:
        ipaddress.IPv6Address(address.decode("ascii"))
    except ValueError:
        return False
    return True
