"""When a credential expires, as far as it says so itself or its kind is known to.

Sources: RFC 7519 (`exp` of a JWT); Amazon ECR's authorization tokens, base64 of JSON with `expiration`;
Google's access tokens (60 minutes) and GitHub's and GitLab's job tokens, by their names.
"""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from .credentials import is_ecr


def expires(host: str, username: str, password: str) -> str | None:
    """Say when the password expires; None if nothing is known of an end. It holds no part of the password."""
    moment = _moment(password)
    if moment is not None:
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    if username == "oauth2accesstoken" or password.startswith("ya29."):
        return "60 minutes after it was issued"
    if is_ecr(host) and username == "AWS":
        return "12 hours after it was issued"
    if password.startswith("ghs_") or username == "gitlab-ci-token":
        return "at the end of its CI job"
    return None


def _moment(password: str) -> datetime | None:
    parts = password.strip().split(".")
    claims = _decoded(parts[1]) if len(parts) == 3 else _decoded(password)
    seconds = claims.get("exp" if len(parts) == 3 else "expiration")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _decoded(text: str) -> dict[str, Any]:
    try:
        packed = "".join(text.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
        value = json.loads(base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
