"""docs/findings.md says what the catalogue says.

To write the page anew: `WRITE_DOCS=1 pytest tests/unit/registry/test_findings_page.py`.
"""

import os
from pathlib import Path

from components.registry.findings import CATALOGUE, as_markdown

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def test_the_page_is_current() -> None:
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(as_markdown(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), f"stale: run with WRITE_DOCS=1 ({__file__})"


def test_the_page_has_every_code() -> None:
    headings = [line.removeprefix("### ") for line in as_markdown().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(kind.code for kind in CATALOGUE)
