"""Reads a stack's file, `Pulumi.<stack>.yaml`, without its passphrase: what is encrypted stays opaque."""

import json
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .models import StackConfig
from .problems import InvalidConfig, Problem
from .validation import with_encrypted

OBJECTS = frozenset(
    field.alias or name for name, field in StackConfig.model_fields.items() if name != "verify"
)
"""The keys whose values are objects."""


class NotAStackFileError(Exception):
    """The file cannot be read, is not YAML, or is no stack file. The message shows nothing of it."""


def read(file: Path, *, project: str) -> dict[str, object]:
    """Return the project's keys, without its name, and their values; an encrypted leaf is an `Encrypted`.

    Raises NotAStackFileError, and InvalidConfig for an object in text that is not JSON.
    """
    try:
        content = YAML(typ="safe", pure=True).load(file)
    except OSError as error:
        raise NotAStackFileError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NotAStackFileError(f"{file}: not UTF-8 text") from None
    except YAMLError as error:
        # The error's own text shows lines of the file, which may hold a credential.
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise NotAStackFileError(f"{file}{place}: not valid YAML") from None
    values = content.get("config") if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise NotAStackFileError(f"{file}: not a stack's file: it has no `config` with keys and values")
    own = f"{project}:"
    found = {str(key).removeprefix(own): value for key, value in values.items() if str(key).startswith(own)}
    return {key: parse_object(value, project=project, key=key) for key, value in found.items()}


def parse_object(value: object, *, project: str, key: str) -> object:
    """Return the value of a key: an object may be given as JSON in text.

    Raises InvalidConfig for text that is not JSON.
    """
    if key not in OBJECTS or not isinstance(value, str):
        return with_encrypted(value)
    try:
        return json.loads(value)
    except ValueError:
        advice = f"is not valid JSON. Set single values with: pulumi config set --path {key}.KEY VALUE"
        raise InvalidConfig([Problem(project, (key,), advice)]) from None
