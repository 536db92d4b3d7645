"""The forms in which a credential may turn up where it must not."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

PLAIN_PART = re.compile(r"[A-Za-z0-9_.-]{8,}")
"""What no encoder escapes, long enough to be found by chance nowhere else."""


def traces(username: str, password: str) -> Mapping[str, bytes]:
    """Return by name everything that gives the password away.

    The plain part is what remains of a password under any escaping, however deep, and inside any longer
    text in base64: there it has three encodings, by where it starts.
    """
    plain_part = max(PLAIN_PART.findall(password), key=len)
    forms = {
        "password": password,
        "password in JSON": json.dumps(password)[1:-1],
        "base64(password)": _base64(password),
        "base64(user:password)": _base64(f"{username}:{password}"),
        "plain part": plain_part,
        **{
            f"plain part in base64, {shift} bytes on": _base64_within(plain_part, shift) for shift in range(3)
        },
    }
    return {name: form.encode() for name, form in forms.items()}


def found(content: bytes, username: str, password: str) -> list[str]:
    """Return the names of the forms that the content holds."""
    return [name for name, form in traces(username, password).items() if form in content]


def found_in_files(folders: Iterable[Path], username: str, password: str) -> list[str]:
    """Return a line for each form in each file below the folders."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [f"{file}: {name}" for file in files for name in found(file.read_bytes(), username, password)]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64_within(text: str, shift: int) -> str:
    """Return what of the encoded text does not depend on what stands before and after it."""
    shifted = "-" * shift + text
    encoded = _base64(shifted[: len(shifted) // 3 * 3])
    return encoded[4:] if shift else encoded
