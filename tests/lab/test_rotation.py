"""Passwords that change under load, and runs that are killed."""

import json
import os
import random
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lab import registries
from lab.errors import LabError
from lab.images import Image, push
from tests.lab.running_lab import TEAM_HELLO, RunningLab
from tests.lab.stack import Stack, copy_of_the_program, new_stack

pytestmark = pytest.mark.scenario

IMAGE = f"{registries.PROTECTED}/{TEAM_HELLO}"
SECONDS_BETWEEN_PODS = 2
LAB = {"server": registries.PROTECTED, "username": registries.USERNAME, "secretName": "lab"}


@pytest.mark.parametrize("rotations", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_rotation_under_load_fails_no_pull(
    lab: RunningLab, hello_image: str, tmp_path: Path, figures: list[str], rotations: int
) -> None:
    with lab.new_namespace("rotation") as namespace, _stack(lab, tmp_path, _config(namespace)) as stack:
        account = _new_account()
        _use(stack, account)
        stack.up()
        before = _state(lab, namespace)
        with _load(lab, namespace) as load:
            for _ in range(rotations):
                old, account = account, _new_account()
                _use(stack, account)
                stack.up()
                load.one_more()
                # The old password goes when what was begun with it is done, as docs/rotation.md says.
                pods = list(load.pods)
                assert _pulled(lab, namespace, pods) >= len(pods)
                _revoke(old)
        assert _failed_pulls(lab, namespace) == []
        assert _pulled(lab, namespace, load.pods) == len(load.pods)
        assert _state(lab, namespace) == before, "the same Secret, and no new Revision"
        figures.append(
            f"{rotations} rotations while {len(load.pods)} pods pulled: 0 failed pulls, 0 new Revisions, same Secret"
        )


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_run_that_was_killed_is_gone_on_with(
    lab: RunningLab, hello_image: str, tmp_path: Path, figures: list[str], kills: int
) -> None:
    """`kill -9` at any moment, first of a run that creates everything, then of one that changes all services."""
    moment = random.Random()  # noqa: S311 - when to kill is no secret
    with lab.new_namespace("killed") as namespace:
        foreign = {"imagePullSecrets": [{"name": "foreign"}]}
        lab.kubectl.run("patch", "serviceaccount", "default", "-n", namespace, "-p", json.dumps(foreign))
        services = [f"hello-{number}" for number in range(1, 4)]
        with _stack(lab, tmp_path, _config(namespace, *services, mode="merge")) as stack:
            stack.set_secret("registries.lab.password", registries.PASSWORD)
            seconds = []
            for number in range(kills):
                if number and number % 2 == 0:
                    stack.destroy()
                for service in services:
                    stack.pulumi(
                        "config", "set", "--path", _key(f"services.{service}.env.TARGET"), str(number)
                    )
                seconds.append(moment.uniform(0.5, 6))
                _up_killed_after(stack, seconds[-1])
                stack.pulumi("cancel", "--yes")
                stack.up()
                stack.preview("--expect-no-changes")
                assert _targets(lab, namespace) == dict.fromkeys(services, str(number))
                listed = lab.get("serviceaccount", "default", namespace)["imagePullSecrets"]
                assert sorted(entry["name"] for entry in listed) == ["foreign", "lab"]
            moments = ", ".join(f"{each:.1f}" for each in seconds)
            figures.append(
                f"kill -9 of {kills} runs after {moments} s: all gone on with, no diff, nothing lost"
            )


@dataclass
class Load:
    """Pods, each with an image of its own that no node has."""

    pods: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def one_more(self) -> None:
        """Wait until a pod has been made from now on."""
        before = len(self.pods)
        while len(self.pods) == before:
            time.sleep(0.1)


@contextmanager
def _load(lab: RunningLab, namespace: str) -> Iterator[Load]:
    load = Load()

    def work() -> None:
        while not load.stop.wait(SECONDS_BETWEEN_PODS):
            name = f"pod-{len(load.pods)}"
            _create_pod(lab, namespace, name, _image_of_its_own(lab))
            load.pods.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield load
    finally:
        load.stop.set()
        thread.join()


def _image_of_its_own(lab: RunningLab) -> str:
    unique = secrets.token_hex(6)
    image = Image(
        files={"/hello": lab.toolchain.images / "hello"}, entrypoint=("/hello",), labels={"unique": unique}
    )
    reference = f"{registries.PROTECTED}/team/rotation:{unique}"
    push(image, reference, auth=(registries.USERNAME, registries.PASSWORD))
    return reference


def _create_pod(lab: RunningLab, namespace: str, name: str, image: str) -> None:
    lab.kubectl.run(
        *("create", "--namespace", namespace, "--filename=-"),
        document=json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": {"load": "yes"}},
                "spec": {
                    "containers": [{"name": "hello", "image": image}],
                    "terminationGracePeriodSeconds": 0,
                    "enableServiceLinks": False,
                },
            }
        ),
    )


def _failed_pulls(lab: RunningLab, namespace: str) -> list[str]:
    events = json.loads(lab.kubectl.run("get", "events", "-n", namespace, "-o", "json"))["items"]
    return [
        event["message"]
        for event in events
        if event["reason"] in ("Failed", "BackOff", "FailedToRetrieveImagePullSecret")
    ]


def _pulled(lab: RunningLab, namespace: str, pods: list[str]) -> int:
    """Wait until all pods have their image; count them."""

    @retry(
        retry=retry_if_result(lambda count: count < len(pods)),
        stop=stop_after_delay(30),
        wait=wait_fixed(0.5),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    def count() -> int:
        found = json.loads(lab.kubectl.run("get", "pods", "-n", namespace, "-l", "load=yes", "-o", "json"))[
            "items"
        ]
        statuses = [status for pod in found for status in pod["status"].get("containerStatuses", [])]
        return sum(bool(status["imageID"]) for status in statuses)

    return count()


def _state(lab: RunningLab, namespace: str) -> Any:
    revisions = json.loads(lab.kubectl.run("get", "revisions", "-n", namespace, "-o", "json"))["items"]
    return {
        "Secret": lab.get("secret", "lab", namespace)["metadata"]["uid"],
        "Revisions": sorted(revision["metadata"]["uid"] for revision in revisions),
    }


def _new_account() -> tuple[str, str]:
    """Add an account to the registry, beside those that are there."""
    account = f"reader-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    registries.set_account(*account)
    return account


def _revoke(account: tuple[str, str]) -> None:
    command = ["htpasswd", "-D", str(registries.HTPASSWD), account[0]]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise LabError(f"htpasswd did not remove {account[0]}")


def _use(stack: Stack, account: tuple[str, str]) -> None:
    stack.pulumi("config", "set", "--path", _key("registries.lab.username"), account[0])
    stack.set_secret("registries.lab.password", account[1])


def _key(path: str) -> str:
    return f"knative-private-registry:{path}"


def _config(namespace: str, *services: str, mode: str = "patch") -> Mapping[str, Any]:
    return {
        "registries": {"lab": LAB},
        "namespaces": {namespace: {"registries": ["lab"], "serviceAccounts": {"default": mode}}},
        "services": {
            name: {"namespace": namespace, "image": IMAGE, "env": {"TARGET": "World"}}
            for name in services or ["hello"]
        },
    }


@contextmanager
def _stack(lab: RunningLab, folder: Path, config: Mapping[str, Any]) -> Iterator[Stack]:
    project = copy_of_the_program(folder / "project", config, "rotation")
    (folder / "state").mkdir()
    with new_stack(lab, project, "rotation", folder / "state") as stack:
        yield stack


def _up_killed_after(stack: Stack, seconds: float) -> None:
    """Start `pulumi up` and kill it, with all that it started, so that nothing goes on by itself."""
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.name, "--non-interactive"],
        cwd=stack.project,
        env=stack.lab.environment(stack.state),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _targets(lab: RunningLab, namespace: str) -> Mapping[str, str]:
    services = json.loads(lab.kubectl.run("get", "ksvc", "-n", namespace, "-o", "json"))["items"]
    return {
        service["metadata"]["name"]: service["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"]
        for service in services
    }
