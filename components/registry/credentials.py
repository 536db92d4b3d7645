"""Username, password and e-mail for a registry: cleaned, and checked for what each registry expects."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from . import docker_config, findings
from .docker_config import Entry
from .errors import RegistryError
from .findings import Finding, Severity
from .opaque import Opaque
from .server import Server


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What to present to a registry. Its repr shows neither username nor password."""

    server: Server
    username: str | Opaque = field(repr=False)
    password: str | Opaque = field(repr=False)
    email: str = field(default="", repr=False)
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    """Sentences that say which checks were skipped, because a value is encrypted."""

    @property
    def is_usable(self) -> bool:
        """Whether no finding is an error, neither of the credentials nor of the server."""
        return self.server.is_usable and all(
            finding.severity is not Severity.ERROR for finding in self.findings
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The members of `auths`: one, or two for a path on Docker Hub."""
        return tuple(
            Entry(key=key, username=self.username, password=self.password, email=self.email)
            for key in self.server.keys
        )

    def render(self) -> str:
        """Return the docker config with these credentials.

        Raises `RegistryError` if there is a finding of severity error, or a value is encrypted.
        """
        problems = [
            finding
            for finding in (*self.server.findings, *self.findings)
            if finding.severity is Severity.ERROR
        ]
        if problems:
            raise RegistryError("; ".join(map(str, problems)))
        return docker_config.render_entries(self.entries)


def parse(
    server: Server,
    *,
    username: str | Opaque,
    password: str | Opaque,
    email: str = "",
    now: datetime | None = None,
) -> Credentials:
    """Clean the credentials for `server` and say what is wrong with them. Never raises.

    Line breaks at the end of the password are removed. With `now`, tokens that carry their expiry (JWT) are
    compared with it. For an `OPAQUE` username or password the checks of its value are skipped, and `skipped`
    says so. No finding holds a password or a part of one.
    """
    found: list[Finding] = []
    skipped: list[str] = []
    if isinstance(username, Opaque):
        skipped.append("the username is encrypted: its form was not checked")
    else:
        _check_username(server, username, found)
    if isinstance(password, Opaque):
        skipped.append("the password is encrypted: its form was not checked")
    else:
        password = _without_line_break(password, found)
        _check_password(server, username, password, now, found)
    _check_lifetime(server, username, password, found)
    if email and not _EMAIL.fullmatch(email):
        found.append(findings.make("email-malformed"))
    return Credentials(
        server=server,
        username=username,
        password=password,
        email=email,
        findings=tuple(found),
        skipped=tuple(skipped),
    )


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_GOOGLE = re.compile(r"(?:[a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev")
_JSON_USERS = ("_json_key", "_json_key_base64")
_REFRESH_TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105 - a username that everybody knows


def is_ecr(host: str) -> bool:
    """Whether `host` is a private registry of Amazon ECR."""
    return _ECR.fullmatch(host) is not None


def _check_username(server: Server, username: str, found: list[Finding]) -> None:
    if not username:
        found.append(findings.make("username-empty"))
    if ":" in username:
        found.append(findings.make("username-colon"))
    if is_ecr(server.host) and username not in ("", "AWS"):
        found.append(findings.make("ecr-username"))
    if username == _REFRESH_TOKEN_USER:
        found.append(findings.make("acr-refresh-token"))
    if server.host != "quay.io" and re.fullmatch(r"robot(?:\+.*)?", username):
        found.append(findings.make("harbor-robot-dollar", username=username))


def _without_line_break(password: str, found: list[Finding]) -> str:
    stripped = password.rstrip("\r\n")
    # Key files end with a line break, and it means nothing in JSON.
    if stripped != password and _json_object(stripped) is None:
        found.append(findings.make("password-line-break"))
    return stripped


def _check_password(
    server: Server, username: str | Opaque, password: str, now: datetime | None, found: list[Finding]
) -> None:
    if not password:
        found.append(findings.make("password-empty"))
        return
    key = _json_object(password)
    decoded = _decoded_json_object(password)
    if username == "_json_key" and key is None:
        found.append(findings.make("json-key-not-json" if decoded is None else "json-key-is-base64"))
    if username == "_json_key_base64" and decoded is None:
        found.append(findings.make("json-key-base64-is-json"))
    is_key = key is not None and key.get("type") == "service_account"
    if is_key and not isinstance(username, Opaque) and username not in _JSON_USERS:
        found.append(findings.make("json-key-username"))
    key_file = (
        key if username == "_json_key" or is_key else decoded if username == "_json_key_base64" else None
    )
    if key_file is not None:
        found.extend(
            findings.make("json-key-incomplete", field=name)
            for name in ("private_key", "client_email")
            if not key_file.get(name)
        )
    if server.host == "ghcr.io" and password.startswith("github_pat_"):
        found.append(findings.make("ghcr-fine-grained-token"))
    if password.startswith("ghs_"):
        found.append(findings.make("ci-token", what="a GITHUB_TOKEN (ghs_)"))
    _check_expiry(password, now, found)


def _check_expiry(password: str, now: datetime | None, found: list[Finding]) -> None:
    parts = password.split(".")
    claims = _decoded_json_object(parts[1]) if len(parts) == 3 else None
    expiry = claims.get("exp") if claims else None
    if now is None or isinstance(expiry, bool) or not isinstance(expiry, int | float):
        return
    try:
        expires = datetime.fromtimestamp(expiry, UTC)
    except (OverflowError, OSError, ValueError):
        return
    if expires <= now:
        found.append(findings.make("expired-token", when=f"{expires:%Y-%m-%d %H:%M} UTC"))


def _check_lifetime(
    server: Server, username: str | Opaque, password: str | Opaque, found: list[Finding]
) -> None:
    """Warn of credentials that can't outlive the day, by whatever of the two values is known."""
    token = "" if isinstance(password, Opaque) else password
    if username == "oauth2accesstoken" or token.startswith("ya29."):
        what = "a Google access token"
        found.append(findings.make("short-lived-token", what=what, lifetime="about 60 minutes"))
    # ECR tokens are base64 of JSON that begins with {"payload".
    elif (is_ecr(server.host) and username == "AWS") or token.startswith("eyJwYXlsb2Fk"):
        found.append(findings.make("short-lived-token", what="an ECR token", lifetime="12 hours"))
    if username == "gitlab-ci-token":
        found.append(findings.make("ci-token", what="a CI_JOB_TOKEN (gitlab-ci-token)"))


def _json_object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decoded_json_object(text: str) -> dict[str, object] | None:
    """Return the JSON object in base64 or base64url text, padded or not, with line breaks or without."""
    try:
        packed = "".join(text.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
        decoded = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return _json_object(decoded)
