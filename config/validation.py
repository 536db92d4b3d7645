"""From plain data to a StackConfig, or to everything that is wrong with it. No I/O, no Pulumi."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.serving.nearest import did_you_mean

from .manifests import broken_manifests
from .models import Encrypted, Model, StackConfig
from .problems import InvalidConfig, Path, Problem, set_plain, set_secret
from .rules import broken_rules

CREDENTIALS = ("password", "dockerConfigJson")
"""The keys of a registry that must be encrypted."""
USE_A_SECRET = "Put it in a Secret and name that, for example in envFromSecrets"  # noqa: S105 - advice


def validate(data: Mapping[str, object], *, project: str) -> StackConfig:
    """Validate the configuration of one stack.

    `data` has the keys of the project, without its name, and their parsed values; an encrypted leaf is an
    `Encrypted`. Raises InvalidConfig with all problems.
    """
    try:
        config = StackConfig.model_validate(data)
    except ValidationError as error:
        raise InvalidConfig(
            [_problem(project, detail) for detail in error.errors(include_url=False)]
        ) from None
    broken = list(broken_rules(config))
    # A manifest only repeats what is wrong with its service already.
    services = {path[:2] for path, _ in broken}
    broken += [(path, message) for path, message in broken_manifests(config) if path[:2] not in services]
    problems = [Problem(project, path, message) for path, message in broken]
    if problems:
        raise InvalidConfig(problems)
    return config


def plaintext_credentials(data: Mapping[str, object], *, project: str) -> list[Problem]:
    """Find credentials that are not encrypted: every one that is not an `Encrypted`."""
    return [
        Problem(
            project,
            path,
            "is not encrypted, so that everybody who can read the file has it. "
            f"Set it again with: {set_secret(path)}",
        )
        for path, value in credentials(data)
        if not isinstance(value, Encrypted)
    ]


def credentials(data: Mapping[str, object]) -> Iterator[tuple[Path, object]]:
    """Give the path and the value of every credential in the data, whatever else may be wrong with it."""
    registries = data.get("registries")
    if not isinstance(registries, Mapping):
        return
    for key, registry in registries.items():
        if isinstance(registry, Mapping):
            for credential in CREDENTIALS:
                if credential in registry:
                    yield ("registries", str(key), credential), registry[credential]


def with_encrypted(value: object) -> object:
    """Put an `Encrypted` in the place of every `{secure: ...}` of a stack file."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return Encrypted()
        return {key: with_encrypted(child) for key, child in value.items()}
    if isinstance(value, list):
        return [with_encrypted(child) for child in value]
    return value


def _problem(project: str, error: ErrorDetails) -> Problem:
    path = tuple(part for part in error["loc"] if part != "[key]")
    say = _encrypted if isinstance(error["input"], Encrypted) else _MESSAGES.get(error["type"], _otherwise)
    return Problem(project, path, say(path, error))


def _encrypted(path: Path, _: ErrorDetails) -> str:
    if path[0] != "registries":
        return "is encrypted, but would be in clear in the cluster. " + USE_A_SECRET
    if len(path) > 2:
        return "is encrypted, so that it cannot be checked. Set it again without --secret"
    credential = ("registries", *path[1:], "password") if path[1:] else ("registries", "KEY", "password")
    return (
        "is encrypted as a whole, so that nothing in it can be checked. "
        f"Encrypt the credentials only, each with: {set_secret(credential)}"
    )


def _missing(path: Path, _: ErrorDetails) -> str:
    return f"is missing. Set it with: {set_plain(path, 'VALUE')}"


def _unknown_key(path: Path, _: ErrorDetails) -> str:
    return f"unknown key. {did_you_mean(str(path[-1]), _keys_beside(path))}"


def _too_short(path: Path, _: ErrorDetails) -> str:
    if path[-1] in CREDENTIALS:
        return f"is empty. Set it with: {set_secret(path)}"
    return "is empty. Give it a value or leave the key out"


def _not_a_string(path: Path, _: ErrorDetails) -> str:
    if path[-1] in CREDENTIALS:
        return f"is not a string. Set it with: {set_secret(path)}"
    return "is not a string. Put it in quotes"


def _not_one_of(path: Path, error: ErrorDetails) -> str:
    if path[-1] == "visibility":
        return (
            "any value makes the Knative Service cluster-local, whatever it says. "
            "Use cluster-local, or leave the key out for a public one"
        )
    return f"must be {error['ctx']['expected']}"


def _from_our_own_check(_: Path, error: ErrorDetails) -> str:
    return str(error["ctx"]["error"])


def _otherwise(_: Path, error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Input should be ")
    return f"must be {message}" if message != error["msg"] else message


_MESSAGES: dict[str, Callable[[Path, ErrorDetails], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "string_type": _not_a_string,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "literal_error": _not_one_of,
    "value_error": _from_our_own_check,
    "mapping_type": lambda _, __: "must be a mapping of keys to values",
    "dict_type": lambda _, __: "must be a mapping of keys to values",
    "model_type": lambda _, __: "must be a mapping of keys to values",
    "model_attributes_type": lambda _, __: "must be a mapping of keys to values",
    "sequence_type": lambda _, __: "must be a list",
    "sequence_str": lambda _, __: "must be a list",
    "list_type": lambda _, __: "must be a list",
    "int_type": lambda _, __: "must be a whole number",
    "int_parsing": lambda _, __: "must be a whole number",
    "int_from_float": lambda _, __: "must be a whole number",
    "float_type": lambda _, __: "must be a number",
    "float_parsing": lambda _, __: "must be a number",
    "bool_type": lambda _, __: "must be true or false",
    "bool_parsing": lambda _, __: "must be true or false",
}


def _keys_beside(path: Path) -> list[str]:
    """Give the keys that are known where the last part of the path stands."""
    model: type[Model] | None = StackConfig
    for part in path[:-1]:
        if model is None or isinstance(part, int):
            continue
        fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        if part in fields:
            model = _model_in(fields[part]) or model
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_in(annotation: Any) -> type[Model] | None:
    """Find the model in a type such as `Mapping[str, Annotated[Registry, ...]]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation if issubclass(annotation, Model) else None
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None
