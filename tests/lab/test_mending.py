"""What dies is named by `status` and mended by `up`, one process or all of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lab import lifecycle, paths
from lab.toolchain import Toolchain
from tests.lab.running_lab import RunningLab, call_until_ok
from tests.lab.stack import new_stack, own_stack_aside

NOWHERE = Path()
NAMES = [process.name for process in lifecycle.processes(Toolchain(*[NOWHERE] * 5))]
"""All of the lab's processes; their names do not depend on where the tools are."""


@pytest.fixture(scope="module")
def url(lab: RunningLab, hello_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the service of the stack `lab` answers."""
    state = tmp_path_factory.mktemp("state")
    with own_stack_aside(lab), new_stack(lab, paths.CLONE, "lab", state) as stack:
        stack.up()
        yield stack.output("urls")["hello"]


@pytest.mark.parametrize("name", NAMES)
def test_one_process_is_killed(lab: RunningLab, url: str, name: str) -> None:
    process = _running(lab, name)
    process.kill()
    psutil.wait_procs([process], timeout=10)
    died = [part for part, state in lab.unhealthy().items() if state == "not running"]
    assert died == [name]
    lab.up()
    assert lab.process(name).healthy()
    assert _body(url) == "Hello World!\n"


def test_all_processes_are_killed_at_once(lab: RunningLab, url: str) -> None:
    before = {name: _running(lab, name).pid for name in NAMES}
    lab.kill_all()
    assert lab.all_processes() == []
    status = lab.run("status")
    assert status.returncode == 1
    for name in NAMES:
        assert re.search(rf"^{name} +not running +{lab.process(name).log} *$", status.stdout, re.MULTILINE)
    lab.up()
    status = lab.run("status")
    assert status.returncode == 0, status.stdout
    assert all(_running(lab, name).pid != before[name] for name in NAMES)
    assert _body(url) == "Hello World!\n"
    lab.kubectl.run("wait", "--for=condition=Ready", "--timeout=60s", "ksvc", "hello")


def test_up_changes_nothing_of_a_healthy_lab(lab: RunningLab) -> None:
    before = {name: _running(lab, name).pid for name in NAMES}
    lab.up()
    assert {name: _running(lab, name).pid for name in NAMES} == before


def _running(lab: RunningLab, name: str) -> psutil.Process:
    process = lab.process(name).running()
    assert process, f"{name} does not run"
    return process


def _body(url: str) -> str | None:
    answer = call_until_ok(url)
    return answer.text if answer else None
