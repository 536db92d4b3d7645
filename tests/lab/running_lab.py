"""The lab while the tests run on it."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from tenacity import retry, retry_if_not_result, stop_after_delay, wait_fixed

from lab import ingress, lifecycle, network, paths
from lab.errors import LabError
from lab.kubectl import Kubectl
from lab.process import Process
from lab.toolchain import Toolchain

TEAM_HELLO = "team/hello:1.0"


@dataclass(frozen=True)
class RunningLab:
    """The lab that runs, and its command line."""

    toolchain: Toolchain
    found: bool = False
    """Whether it was there before the tests."""
    checkout: Path = paths.CLONE

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m lab` in the checkout."""
        return subprocess.run(
            [sys.executable, "-m", "lab", *arguments],
            cwd=self.checkout,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> None:
        """Run `up`; fail with what it says."""
        result = self.run("up")
        assert result.returncode == 0, result.stderr

    def push_hello(self) -> str:
        """Push the sample image and return its reference by digest."""
        result = self.run("push", TEAM_HELLO)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def unhealthy(self) -> dict[str, str]:
        """Return what `status` says of every part that is not healthy."""
        return {part.name: part.state for part in lifecycle.status(self.toolchain) if not part.healthy}

    def process(self, name: str) -> Process:
        """Return one of the lab's processes."""
        return {process.name: process for process in lifecycle.processes(self.toolchain)}[name]

    def all_processes(self) -> list[psutil.Process]:
        """Return everything that runs: the lab's processes, containerd's shims and the containers'."""
        return [
            *network.processes(),
            *(process for process in psutil.process_iter() if "/kubepods/" in _cgroups(process.pid)),
        ]

    def kill_all(self) -> None:
        """Kill everything at once."""
        processes = self.all_processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)

    def environment(self, state: Path) -> dict[str, str]:
        """Return the environment for pulumi, with the state in a folder."""
        return {**os.environ, **self.toolchain.environment(), "PULUMI_BACKEND_URL": f"file://{state}"}

    @contextmanager
    def new_namespace(self, purpose: str) -> Iterator[str]:
        """Create a namespace; in the end it is deleted, which nobody waits for."""
        name = f"{purpose}-{secrets.token_hex(3)}"
        self.kubectl.run("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl.run("delete", "namespace", name, "--wait=false")

    @contextmanager
    def no_draining(self) -> Iterator[None]:
        """End the Knative pods that are being deleted at once: by themselves they drain for half a minute."""
        done = threading.Event()

        def end() -> None:
            while not done.wait(0.5):
                for namespace, name in self._ending_pods():
                    self.kubectl.run(
                        *("delete", "pod", name, "--namespace", namespace),
                        *("--force", "--grace-period=0", "--ignore-not-found", "--wait=false"),
                    )

        thread = threading.Thread(target=end)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _ending_pods(self) -> list[tuple[str, str]]:
        pods = self.kubectl.run(
            *("get", "pods", "--all-namespaces", "--selector=serving.knative.dev/service", "--output=json")
        )
        return [
            (metadata["namespace"], metadata["name"])
            for pod in json.loads(pods)["items"]
            if "deletionTimestamp" in (metadata := pod["metadata"])
        ]

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.toolchain.commands / "kubectl")

    def get(self, kind: str, name: str, namespace: str = "default") -> Any:
        """Return an object of the cluster, or None."""
        command = ("get", kind, name, "--namespace", namespace, "--ignore-not-found", "--output=json")
        found = self.kubectl.run(*command)
        return json.loads(found) if found else None


def _cgroups(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


@retry(
    retry=retry_if_not_result(lambda answer: answer is not None and answer.status_code == httpx.codes.OK),
    stop=stop_after_delay(30),
    wait=wait_fixed(0.2),
    retry_error_callback=lambda state: state.outcome and state.outcome.result(),
)
def call_until_ok(url: str) -> httpx.Response | None:
    """Call a Knative Service until it answers 200, for half a minute at most; return the last answer."""
    try:
        return ingress.call(url)
    except LabError:
        return None
