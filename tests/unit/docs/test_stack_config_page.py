"""docs/stack-config.md has every key of the configuration.

To write its tables anew: `WRITE_DOCS=1 pytest tests/unit/docs`.
"""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from config.models import Encrypted, StackConfig
from tests.unit.docs.generated import assert_current, table


def models(root: type[BaseModel]) -> list[type[BaseModel]]:
    """Give a model and all that it is made of, each once."""
    found = {root: None}
    for field in root.model_fields.values():
        for model in _models_in(field.annotation):
            found.update(dict.fromkeys(models(model)))
    return list(found)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def kind(annotation: Any) -> str:
    """Say in words what a value has to be."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        if Encrypted in arguments:
            return "string, may be encrypted"
        return " or ".join(kind(argument) for argument in arguments if argument is not type(None))
    if origin and issubclass(origin, Mapping):
        return f"mapping of {_plural(kind(arguments[1]))}"
    if origin and issubclass(origin, Sequence):
        return f"list of {_plural(kind(arguments[0]))}"
    if annotation is Any:
        return "anything"
    if issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if issubclass(annotation, SecretStr):
        return "string, encrypted"
    return {str: "string", bool: "boolean", int: "integer", float: "number"}[annotation]


def _plural(word: str) -> str:
    return f"{word}s" if word.isalpha() and word != "anything" else word


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if value is None or value == "" or (isinstance(value, Mapping | Sequence) and not value):
        return ""
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{value}`"
    return ", ".join(f"`{entry}`" for entry in value)


def keys_of(model: type[BaseModel]) -> str:
    return table(
        ("key", "value", "default", ""),
        [
            (
                f"`{to_camel(name)}`",
                kind(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation),
                default(field),
                field.description or "",
            )
            for name, field in model.model_fields.items()
        ],
    )


def test_the_tables_are_current() -> None:
    assert_current(
        "stack-config.md", {model.__name__: f"\n{keys_of(model)}\n" for model in models(StackConfig)}
    )


def test_a_key_is_described_in_words() -> None:
    fields = StackConfig.model_fields
    assert kind(fields["registries"].annotation) == "mapping of [Registry](#registry)"
    assert kind(fields["verify"].annotation) == "`error` or `warn` or `off`"
    assert default(fields["verify"]) == "`error`"
