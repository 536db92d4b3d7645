"""A second `up` proposes nothing, whatever the Knative Service: Knative's webhook leaves our manifests as they are."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import paths
from lab.progress import duration
from tests.lab.generated_services import COUNT
from tests.lab.running_lab import RunningLab
from tests.lab.stack import PulumiError, Stack

pytestmark = pytest.mark.scenario

QUOTA = "count/configurations.serving.knative.dev=0,count/routes.serving.knative.dev=0"
"""With it nothing is made of a Knative Service: the webhook has rewritten it by then, and a hundred of them would
occupy the lab for a minute."""


@pytest.fixture
def namespace(lab: RunningLab) -> Iterator[str]:
    with lab.new_namespace("generated") as name:
        lab.kubectl.run("create", "quota", "nothing", "--namespace", name, f"--hard={QUOTA}")
        yield name


def test_a_second_preview_proposes_nothing(
    lab: RunningLab, namespace: str, tmp_path: Path, figures: list[str]
) -> None:
    stack = _stack(lab, tmp_path, namespace)
    start = time.monotonic()
    stack.up()
    stack.preview("--expect-no-changes")
    stack.preview("--refresh", "--expect-no-changes")
    figures.append(
        f"{COUNT} generated Knative Services, up and two previews: {duration(time.monotonic() - start)}"
    )
    found = json.loads(lab.kubectl.run("get", "ksvc", "--namespace", namespace, "--output=json"))["items"]
    assert len(found) == COUNT
    assert all(_webhook_has_seen(service) for service in found)


def test_a_manifest_that_is_not_canonical_differs(lab: RunningLab, namespace: str, tmp_path: Path) -> None:
    """Else that nothing is proposed would mean nothing."""
    stack = _stack(lab, tmp_path, namespace)
    stack.pulumi("config", "set", "generated:flat", "true")
    stack.up()
    with pytest.raises(PulumiError, match='cpu: "1" => "1000m"'):
        stack.preview("--expect-no-changes")


def _stack(lab: RunningLab, folder: Path, namespace: str) -> Stack:
    """Create a stack of the project `generated`. What it deploys goes with its namespace, not by `destroy`."""
    project = folder / "project"
    shutil.copytree(paths.CLONE / "tests" / "lab" / "generated", project)
    for name in ("components", "lab", "tests"):
        (project / name).symlink_to(paths.CLONE / name)
    (project / ".venv").symlink_to(sys.prefix)
    state = folder / "state"
    state.mkdir()
    stack = Stack(lab, project, "test", state)
    stack.pulumi("stack", "init")
    stack.pulumi("config", "set", "generated:namespace", namespace)
    return stack


def _webhook_has_seen(service: Any) -> bool:
    # Both are its doing: the one notes who came, the other is a default.
    return (
        "serving.knative.dev/creator" in service["metadata"]["annotations"]
        and "timeoutSeconds" in service["spec"]["template"]["spec"]
    )
