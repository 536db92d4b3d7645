"""docs/components.md has every argument and every output of the components.

To write its tables anew: `WRITE_DOCS=1 pytest tests/unit/docs`.
"""

import dataclasses
import inspect
import re
from typing import Any, get_origin

import pulumi

import components
from tests.unit.docs.generated import annotations_as_written, assert_current, attribute_docstrings, table


def public() -> dict[str, type]:
    """Give the public classes; an alias of a generic one stands for that."""
    return {
        name: get_origin(value) or value
        for name, value in ((name, getattr(components, name)) for name in components.__all__)
    }


def arguments(cls: Any) -> str:
    docstrings, annotations = attribute_docstrings(cls), annotations_as_written(cls)
    return table(
        ("argument", "type", "default", ""),
        [
            (
                f"`{field.name}`",
                f"`{written(annotations[field.name])}`",
                default(field),
                docstrings[field.name],
            )
            for field in dataclasses.fields(cls)
        ],
    )


def outputs(cls: type) -> str:
    annotations = annotations_as_written(cls)
    rows = [
        (f"`{name}`", f"`{written(annotations[name])}`", docstring)
        for name, docstring in attribute_docstrings(cls).items()
        if name in cls.__annotations__ and not name.startswith("_")
    ]
    return f"{description(cls)}\n{table(('output', 'type', ''), rows)}"


def description(cls: type) -> str:
    """Give what a component's docstring says after its first line: its resources and its errors."""
    _, _, rest = (inspect.getdoc(cls) or "").partition("\n\n")
    return f"{rest}\n" if rest else ""


def written(annotation: str) -> str:
    """Write a type as users of the components read it."""
    annotation = annotation.replace("pulumi.", "")
    annotation = re.sub(r"\[Text\]", "", annotation)
    for name, cls in public().items():
        annotation = re.sub(rf"\b{cls.__name__}\b", name, annotation)
    return re.sub(r"\bText\b", "Input[str]", annotation)


def default(field: "dataclasses.Field[Any]") -> str:
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return "**required**"
    value = field.default
    if value is dataclasses.MISSING or value is None or value in ((), ""):
        return ""
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def test_the_tables_are_current() -> None:
    parts = {}
    for name, cls in public().items():
        if dataclasses.is_dataclass(cls):
            parts[name] = f"\n{arguments(cls)}\n"
        elif issubclass(cls, pulumi.ComponentResource):
            parts[name] = f"\n{outputs(cls)}\n"
    assert_current("components.md", parts)


def test_every_output_is_described() -> None:
    for cls in public().values():
        if issubclass(cls, pulumi.ComponentResource):
            described = {name for name, text in attribute_docstrings(cls).items() if text}
            assert described >= {name for name in cls.__annotations__ if not name.startswith("_")}


def test_types_are_written_as_users_read_them() -> None:
    assert written("Sequence[ExtraContainer[Text]]") == "Sequence[ExtraContainer]"
    assert written("pulumi.Input[str] | None") == "Input[str] | None"
    assert written("Text | None") == "Input[str] | None"
    assert written("Mapping[str, ServiceAccountSpec]") == "Mapping[str, ServiceAccountArgs]"
