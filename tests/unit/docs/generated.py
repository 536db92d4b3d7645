"""Tables of a page that are made from the code.

Each stands between `<!-- generated: NAME -->` and `<!-- end -->`; all else on the page is written by hand. To
write them anew: `WRITE_DOCS=1 pytest tests/unit/docs`.
"""

import ast
import inspect
import os
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
_PLACE = re.compile(r"(?P<start><!-- generated: (?P<name>[\w.-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def assert_current(page: str, parts: Mapping[str, str]) -> None:
    """Compare a page's generated parts with what they should be, or write them."""
    file = DOCS / page
    text = file.read_text(encoding="utf-8")
    places = {match["name"] for match in _PLACE.finditer(text)}
    missing, needless = sorted(set(parts) - places), sorted(places - set(parts))
    assert not missing, f"docs/{page} needs a section with `<!-- generated: NAME -->` for {missing}"
    assert not needless, f"docs/{page} has sections for what is not there: {needless}"
    current = _PLACE.sub(lambda match: f"{match['start']}{parts[match['name']]}{match['end']}", text)
    if os.environ.get("WRITE_DOCS"):
        file.write_text(current, encoding="utf-8")
        text = current
    assert text == current, f"docs/{page} is stale: run WRITE_DOCS=1 pytest tests/unit/docs"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def attribute_docstrings(cls: type) -> dict[str, str]:
    """Give the docstrings below the attributes of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ == "builtins":
            continue
        found.update(_attributes(base, lambda name, _, docstring: (name, docstring)))
    return found


def annotations_as_written(cls: type) -> dict[str, str]:
    """Give the annotations of a class and its bases as they stand in the source."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ == "builtins":
            continue
        found.update(_attributes(base, lambda name, annotation, _: (name, annotation)))
    return found


def _attributes(cls: type, pick: Callable[[str, str, str], tuple[str, str]]) -> dict[str, str]:
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):  # Not written in Python.
        return {}
    assert isinstance(definition, ast.ClassDef)
    following = [*definition.body[1:], None]
    result = []
    for statement, after in zip(definition.body, following, strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            documented = (
                isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            )
            docstring = inspect.cleandoc(str(after.value.value)) if documented else ""  # type: ignore[union-attr]
            result.append(pick(statement.target.id, ast.unparse(statement.annotation), docstring))
    return dict(result)


def _cell(text: str) -> str:
    return re.sub(r"\n\n", "<br>", text).replace("\n", " ").replace("|", "\\|")
