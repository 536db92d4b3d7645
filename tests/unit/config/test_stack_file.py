"""The file of a stack, without its passphrase."""

from pathlib import Path

import pytest

from config.models import Encrypted
from config.stack_file import NotAStackFileError, read

ROOT = Path(__file__).parents[3]
PROJECT = "knative-private-registry"


def test_reads_the_stack_of_the_lab() -> None:
    data = read(ROOT / "config" / "Pulumi.lab.yaml", project=PROJECT)
    assert sorted(data) == ["namespaces", "registries", "services"]
    registries = data["registries"]
    assert isinstance(registries, dict)
    assert isinstance(registries["lab"]["password"], Encrypted)


def test_takes_only_what_is_the_projects(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config: {mine:a: 1, other:b: 2, 3: 4}\nencryptionsalt: v1:x\n")
    assert read(file, project="mine") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [hunter2", ", line 1, column 12: not valid YAML"),
        ("[]", ": not a stack's file: it has no `config` with keys and values"),
        ("config: hunter2", ": not a stack's file: it has no `config` with keys and values"),
    ],
)
def test_what_is_no_stack_file(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(content)
    with pytest.raises(NotAStackFileError) as caught:
        read(file, project=PROJECT)
    assert str(caught.value) == f"{file}{message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotAStackFileError, match=r"none\.yaml: No such file or directory$"):
        read(tmp_path / "none.yaml", project=PROJECT)
