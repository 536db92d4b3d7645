"""Two checkouts on one machine, and what `down` leaves: nothing.

These tests end the lab. What a lab that was found held comes back in the end.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lab import ingress, lifecycle, network, paths
from lab.progress import duration
from tests.lab.running_lab import RunningLab
from tests.lab.stack import new_stack

NOT_CLONED = (".venv", ".git", ".*_cache", ".hypothesis", "__pycache__")
KEPT = ("certificates", "etcd", "kubeconfig", "owner", "pulumi", "registries")
"""What a lab cannot make again: who it is, what was deployed and what was pushed."""


@pytest.fixture(scope="module")
def clone(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> RunningLab:
    """Another checkout of the same project, with its own command line."""
    folder = tmp_path_factory.mktemp("elsewhere") / "clone"
    shutil.copytree(paths.CLONE, folder, ignore=shutil.ignore_patterns(*NOT_CLONED), symlinks=True)
    (folder / ".venv").symlink_to(sys.prefix)
    return RunningLab(lab.toolchain, checkout=folder)


@pytest.fixture(scope="module")
def dead(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kill everything of the lab at once; put it back in the end if it was there before the tests."""
    kept = tmp_path_factory.mktemp("kept")
    lab.kill_all()
    _copy_kept(paths.RUN, kept)
    yield
    if lab.found:
        assert lab.run("down").returncode == 0
        paths.RUN.mkdir()
        _copy_kept(kept, paths.RUN)
        lab.up()


def test_a_second_living_lab_is_refused(lab: RunningLab, clone: RunningLab) -> None:
    refused = clone.run("up")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"the lab of {paths.CLONE} is running; a machine has room for one. "
        f"End it first: cd {paths.CLONE} && make down\n"
    )
    assert lab.unhealthy() == {}


def test_a_dead_lab_is_taken_over(clone: RunningLab, dead: None, figures: list[str], tmp_path: Path) -> None:
    """Everything of it is in the way: namespace, mounts, cgroups and data."""
    assert lifecycle.owner() == paths.CLONE
    assert network.exists()
    start = time.monotonic()
    up = clone.run("up")
    assert up.returncode == 0, up.stderr
    figures.append(f"up in another checkout, over a dead lab: {duration(time.monotonic() - start)}")
    assert "build " not in up.stderr
    assert lifecycle.owner() == clone.checkout
    assert clone.unhealthy() == {}
    clone.push_hello()
    state = tmp_path / "state"
    state.mkdir()
    with new_stack(clone, clone.checkout, "lab", state) as stack:
        stack.up()
        answer = ingress.call(stack.output("urls")["hello"])
        assert (answer.status_code, answer.text) == (200, "Hello World!\n")


def test_down_leaves_nothing(clone: RunningLab, dead: None, figures: list[str]) -> None:
    # Each way of looking sees the living lab.
    assert all(_left().values())
    start = time.monotonic()
    down = clone.run("down")
    assert down.returncode == 0, down.stderr
    figures.append(f"down: {duration(time.monotonic() - start)}")
    assert {kind: left for kind, left in _left().items() if left} == {}


def _left() -> dict[str, list[str]]:
    """Return what there is of a lab, found without the lab's own code."""
    run = str(paths.RUN)
    return {
        "processes": [command for command in _commands() if run in command],
        "mounts": [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if run in line],
        "cgroups": [str(path) for path in Path("/sys/fs/cgroup").rglob("kubepods")],
        "namespaces": [line for line in _lines("ip", "netns", "list") if network.NAMESPACE in line],
        "links": [line for line in _lines("ip", "-brief", "link") if network.HOST_LINK in line],
        "routes": [line for line in _lines("ip", "route") if network.HOST_LINK in line],
        "files": [str(path) for path in [paths.RUN] if path.exists()],
    }


def _commands() -> list[str]:
    return [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _copy_kept(source: Path, target: Path) -> None:
    for name in KEPT:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)
