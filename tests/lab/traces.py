"""The forms in which a credential may turn up where it must not."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


def traces(username: str, password: str) -> Mapping[str, bytes]:
    """Return by name everything that gives the password away."""
    pair = f"{username}:{password}"
    forms = {
        "password": password,
        "password, JSON with escapes": _json(password),
        "password, JSON in UTF-8": _json(password, ascii_only=False),
        "password, JSON of Go": _go_json(password),
        "password, JSON in JSON": _json(_go_json(password), ascii_only=False),
        "base64(password)": _base64(password),
        "base64(user:password)": _base64(pair),
    }
    # Inside a longer text the same bytes have three encodings, by where they start.
    for form in ("password", "password, JSON of Go"):
        for before in range(3):
            forms[f"base64(...{form}...), {before} bytes on"] = _base64_within(forms[form], before)
    return {name: form.encode() for name, form in forms.items()}


def found(content: bytes, username: str, password: str) -> list[str]:
    """Return the names of the forms that the content holds."""
    return [name for name, form in traces(username, password).items() if form in content]


def found_in_files(folders: Iterable[Path], username: str, password: str) -> list[str]:
    """Return a line for each form in each file below the folders."""
    return [
        f"{file}: {name}" for file in _files(folders) for name in found(file.read_bytes(), username, password)
    ]


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _json(text: str, *, ascii_only: bool = True) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _go_json(text: str) -> str:
    encoded = _json(text, ascii_only=False)
    for character in "<>&":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64_within(text: str, before: int) -> str:
    """Return what of the encoded text does not depend on the bytes around it."""
    data = b"\0" * before + text.encode()
    whole = data[: len(data) // 3 * 3]
    encoded = base64.b64encode(whole).decode()
    return encoded[4:] if before else encoded
