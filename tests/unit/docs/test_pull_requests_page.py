"""The workflow in docs/pull-requests.md: what can be run of it here, and that forks get no secret."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.unit.docs.generated import DOCS

ROOT = DOCS.parent


@pytest.fixture
def workflow() -> Any:
    (text,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "pull-requests.md").read_text("utf-8"), re.DOTALL)
    return YAML(typ="safe").load(text)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository like this one, with stack files of the test's own."""
    for name in ("cli", "components", "config"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))
    for name in ("kpr", "Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copy(ROOT / "config" / "Pulumi.lab.yaml", tmp_path / "config")
    return tmp_path


def check(workflow: Any, repository: Path) -> subprocess.CompletedProcess[str]:
    """Run the job as GitHub does, but for `make env`: the environment is there."""
    _, env, step = workflow["jobs"]["check"]["steps"]
    assert env == {"run": "make env"}
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=repository,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_check_passes_without_passphrase_and_pulumi(workflow: Any, repository: Path) -> None:
    result = check(workflow, repository)
    assert (result.returncode, result.stderr) == (0, "")
    assert "== config/Pulumi.lab.yaml" in result.stdout


def test_the_check_fails_for_one_bad_file_among_good_ones(workflow: Any, repository: Path) -> None:
    good = (repository / "config" / "Pulumi.lab.yaml").read_text("utf-8")
    bad = good.replace("server: 192.168.77.1:5001", "server: elsewhere.example.test")
    assert bad != good
    (repository / "config" / "Pulumi.bad.yaml").write_text(bad, "utf-8")
    result = check(workflow, repository)
    assert result.returncode == 1
    assert "image-not-covered" in result.stdout
    assert "== config/Pulumi.lab.yaml" in result.stdout


def test_a_fork_runs_the_check_alone_and_gets_no_secret(workflow: Any) -> None:
    # `on` is a boolean to YAML 1.1, and a word to 1.2, by which GitHub goes.
    assert workflow["on"] == "pull_request"
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"]
    assert "secrets." not in str(jobs["check"])
    for name, job in jobs.items():
        if name != "check":
            assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
