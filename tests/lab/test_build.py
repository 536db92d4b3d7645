"""Building a tool with the real Go: what a failure says, and that what is built stays."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from lab import build, paths
from lab.errors import LabError
from lab.progress import Progress
from lab.tools import Tool

TOOL = Tool(name="example", version="1", minutes=0.1)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a tool in a checkout of its own, with an empty cache."""
    go = build.find_go(Progress())
    monkeypatch.setattr(build, "find_go", lambda progress: go)
    monkeypatch.setattr(paths, "CLONE", tmp_path / "clone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "clone" / "lab" / "tools" / TOOL.name
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.test/example\n\ngo 1.26\n")
    (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    return folder


def test_a_tool_is_built_once(source: Path) -> None:
    shown = io.StringIO()
    progress = Progress(Console(file=shown, width=200))
    first = build.build_all(progress, [TOOL])
    assert "build example 1" in shown.getvalue()
    assert (first["example"] / "example").is_file()
    shown.truncate(0)
    assert build.build_all(progress, [TOOL]) == first
    assert shown.getvalue() == ""


def test_a_failed_build_shows_its_last_lines_and_how_to_repeat_it(source: Path) -> None:
    (source / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    with pytest.raises(LabError) as failed:
        build.build_all(Progress(Console(file=io.StringIO())), [TOOL])
    lines = str(failed.value).splitlines()
    assert "go build -v" in lines[0]
    assert lines[0].endswith("failed:")
    assert "  ./main.go:3:15: undefined: missing" in lines
    assert lines[-2].startswith("All of it: ")
    assert "undefined: missing" in Path(lines[-2].removeprefix("All of it: ")).read_text()
    assert lines[-1] == "To repeat it: python -m lab build"
    # Nothing half built is taken for the tool later.
    assert not list((paths.cache() / "tools").glob("example-1-*/"))
