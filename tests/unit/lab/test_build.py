"""Under which key a built tool is kept; building itself is tested in tests/lab with the real Go."""

from dataclasses import replace
from pathlib import Path

import pytest

from lab import build, paths
from lab.build import Go
from lab.progress import Progress
from lab.tools import Tool

TOOL = Tool(name="example", version="1", minutes=1)
GO = Go("go", "1.26.6")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "CLONE", tmp_path / "clone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "clone" / "lab" / "tools" / "example"
    folder.mkdir(parents=True)
    for name, content in {"go.mod": "module m\n", "go.sum": "", "main.go": "package main\n"}.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture(autouse=True)
def _go(monkeypatch: pytest.MonkeyPatch) -> None:
    use(GO, monkeypatch)


def use(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "find_go", lambda progress: go)


def key(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of the folder that a tool is looked for in, without building it."""
    asked: list[Path] = []
    with monkeypatch.context() as patched:
        patched.setattr(build, "_build", lambda tool, go, folder, later, progress: asked.append(folder))
        patched.setattr(build, "_require_disk", lambda: None)
        folder = build.build_all(Progress(), [tool])[tool.name]
    assert asked == [folder]
    assert folder.parent == paths.cache() / "tools"
    return folder.name


def test_the_key_names_the_tool_and_stays(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = key(TOOL, monkeypatch)
    assert first.startswith("example-1-")
    assert key(TOOL, monkeypatch) == first


def test_the_key_is_the_same_in_another_checkout(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = key(TOOL, monkeypatch)
    (tmp_path / "clone").rename(tmp_path / "elsewhere")
    monkeypatch.setattr(paths, "CLONE", tmp_path / "elsewhere")
    assert key(TOOL, monkeypatch) == first


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go", "inner/more.go"])
def test_a_changed_source_changes_the_key(source: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(TOOL, monkeypatch)
    (source / file).parent.mkdir(exist_ok=True)
    (source / file).write_text("// changed\n")
    assert key(TOOL, monkeypatch) != before


@pytest.mark.parametrize("file", ["main_test.go", "README.md"])
def test_what_is_not_built_does_not_count(source: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(TOOL, monkeypatch)
    (source / file).write_text("changed\n")
    assert key(TOOL, monkeypatch) == before


@pytest.mark.parametrize(
    "tool",
    [
        replace(TOOL, version="2"),
        replace(TOOL, tags="osusergo"),
        replace(TOOL, variables={"main.version": "v1"}),
        replace(TOOL, packages=("./other",)),
        replace(TOOL, names=("other",)),
    ],
)
def test_how_it_is_built_counts(source: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key(tool, monkeypatch) != key(TOOL, monkeypatch)


def test_go_and_its_environment_count(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(TOOL, monkeypatch)
    use(Go("go", "1.26.7"), monkeypatch)
    other_go = key(TOOL, monkeypatch)
    monkeypatch.setattr(build, "BUILD_ENVIRONMENT", {"CGO_ENABLED": "1"})
    assert len({before, other_go, key(TOOL, monkeypatch)}) == 3
