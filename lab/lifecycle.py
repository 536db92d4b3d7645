"""Starts, mends, judges and ends the lab."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from lab import (
    certificates,
    control_plane,
    dns,
    ingress,
    knative,
    machine,
    network,
    node,
    paths,
    registries,
)
from lab.errors import LabError
from lab.images import Image, exists, push
from lab.kubectl import Kubectl
from lab.process import Process, end
from lab.progress import Progress
from lab.toolchain import Toolchain

OWNER = paths.RUN / "owner"
"""The file that names the checkout whose lab this is."""

CONTAINER_GROUPS = "kubepods"
"""The cgroup below which the kubelet puts every pod."""

POD_LOG_LINKS = Path("/var/log/containers")


@dataclass(frozen=True)
class Part:
    """What `status` says of one part of the lab."""

    name: str
    state: str
    log: str

    @property
    def healthy(self) -> bool:
        """Whether it does its work."""
        return self.state == "healthy"


def processes(toolchain: Toolchain) -> Sequence[Process]:
    """Return the lab's processes in the order in which they start."""
    commands = toolchain.commands
    return (
        control_plane.etcd(),
        registries.open_registry(),
        registries.protected_registry(),
        node.containerd(),
        control_plane.api_server(commands),
        control_plane.controller_manager(commands),
        control_plane.scheduler(commands),
        node.kubelet(commands),
        node.kube_proxy(commands),
        dns.coredns(commands),
        ingress.traefik(),
    )


def up(toolchain: Toolchain, progress: Progress) -> None:
    """Start the lab, or mend what died of it; returns when Knative is ready to serve.

    Raises LabError when the machine can't run it, another checkout's lab is alive, or a part stays down.
    """
    require_room()
    _remove_dead(progress)
    machine.install_packages(progress)
    kubectl = Kubectl(toolchain.commands / "kubectl")
    with progress.step("network, certificates and configuration"):
        _prepare()
    with progress.step("Kubernetes, registries and ingress"):
        _start(processes(toolchain), kubectl)
    with progress.step("images for the open registry"):
        _push_pause(toolchain)
        tag = knative.push_images(toolchain.knative)
    with progress.step("apply Knative Serving"):
        knative.apply(kubectl, toolchain.manifests / knative.MANIFESTS, tag)
    with progress.step("Knative ready"):
        knative.wait_available(kubectl)


def require_room() -> None:
    """Raise LabError when the machine can't run the lab, or another checkout's lab is alive on it."""
    machine.require_lab_machine()
    other = owner()
    if other != paths.CLONE and alive():
        raise LabError(
            f"the lab of {other or 'an unknown checkout'} is running; a machine has room for one. "
            f"End it first: cd {other or paths.CLONE} && make down"
        )


def down(progress: Progress) -> None:
    """End the lab and remove all that it left: processes, mounts, cgroups, namespace, data.

    Raises LabError without root, and when something of it can't be removed.
    """
    machine.require_root()
    with progress.step("end the lab"):
        _end_processes()
        _unmount()
        _remove_container_groups()
        network.delete()
        _remove_shim_sockets()
        shutil.rmtree(paths.RUN, ignore_errors=True)
        _remove_pod_log_links()
    if paths.RUN.exists():
        raise LabError(f"{paths.RUN} could not be removed; see what holds it: fuser -vm {paths.RUN}")


def status(toolchain: Toolchain) -> Sequence[Part]:
    """Return the state of every part."""
    parts = [Part(process.name, _state(process), str(process.log)) for process in processes(toolchain)]
    kubectl = Kubectl(toolchain.commands / "kubectl")
    try:
        available = knative.availability(kubectl)
    except LabError:
        available = dict.fromkeys(knative.DEPLOYMENTS, False)
    return [
        *parts,
        *(
            Part(
                f"knative {name}",
                "healthy" if is_available else "not available",
                f"kubectl logs -n {knative.NAMESPACE} deployment/{name}",
            )
            for name, is_available in available.items()
        ),
    ]


def alive() -> bool:
    """Say whether any process of a lab runs on this machine."""
    return any(True for _ in network.processes())


def owner() -> Path | None:
    """Return the checkout whose lab this machine has, alive or dead."""
    return Path(OWNER.read_text()) if OWNER.exists() else None


def _state(process: Process) -> str:
    if not process.running():
        return "not running"
    return "healthy" if process.healthy() else "running, does not answer"


def _remove_dead(progress: Progress) -> None:
    """Remove what a dead lab of another checkout left."""
    if owner() != paths.CLONE and (paths.RUN.exists() or network.exists()):
        down(progress)


def _prepare() -> None:
    paths.RUN.mkdir(parents=True, exist_ok=True)
    OWNER.write_text(str(paths.CLONE))
    paths.PULUMI_STATE.mkdir(exist_ok=True)
    # Not os.path.ismount, which sees no bind mount within one file system.
    if paths.RUN not in _mounts():
        # The kubelet's mounts must be seen by containerd's shims, in whichever namespace they are.
        subprocess.run(["mount", "--bind", paths.RUN, paths.RUN], check=True)
        subprocess.run(["mount", "--make-rshared", paths.RUN], check=True)
    if not network.exists():
        _end_processes()
    network.create()
    certificates.write()
    registries.write_configuration()
    node.write_configuration()
    dns.write_configuration()


def _start(parts: Sequence[Process], kubectl: Kubectl) -> None:
    by_name = {process.name: process for process in parts}

    def start(names: Sequence[str]) -> None:
        for name in names:
            by_name[name].start(network.ENTER)
        for name in names:
            by_name[name].wait(60)

    # The kubelet ends if containerd does not answer yet, and nothing comes up without the API server.
    start(["etcd", "containerd"])
    start(["kube-apiserver"])
    if not _shims():
        start(["kube-controller-manager"])
        knative.forget_dead_pods(kubectl)
    start(list(by_name))


def _push_pause(toolchain: Toolchain) -> None:
    if not exists(registries.PAUSE_IMAGE):
        push(
            Image(files={"/pause": toolchain.images / "pause"}, entrypoint=("/pause",)),
            registries.PAUSE_IMAGE,
        )


def _end_processes() -> None:
    # The kubelet and containerd first, or they start again what is ended.
    for find in (_starters, network.processes, _shims, _container_processes):
        group = list(find())
        for process in group:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        end(group)


def _starters() -> list[psutil.Process]:
    return [process for process in network.processes() if _name(process) in {"kubelet", "containerd"}]


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def _shims() -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(node.SOCKET) in (process.info["cmdline"] or [])
    ]


def _container_groups() -> list[Path]:
    return [
        path
        for hierarchy in (Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir())
        if (path := hierarchy / CONTAINER_GROUPS).is_dir()
    ]


def _container_processes() -> list[psutil.Process]:
    pids = {
        int(pid)
        for group in _container_groups()
        for file in group.rglob("cgroup.procs")
        for pid in file.read_text().split()
    }
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def _remove_container_groups() -> None:
    for group in _container_groups():
        for folder in sorted(group.rglob("*"), reverse=True):
            if folder.is_dir():
                _remove_group(folder)
        _remove_group(group)


def _remove_group(folder: Path) -> None:
    # A group whose last process has just ended stays busy for a moment.
    for _ in range(50):
        with contextlib.suppress(FileNotFoundError):
            try:
                folder.rmdir()
            except OSError:
                time.sleep(0.1)
                continue
        return
    raise LabError(f"the cgroup {folder} is still in use; its processes: cat {folder}/cgroup.procs")


def _mounts() -> list[Path]:
    """Return the mount points at and below the lab's folder, the latest last."""
    mounted = [Path(line.split()[4]) for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [mount for mount in mounted if mount.is_relative_to(paths.RUN)]


def _unmount() -> None:
    # A mount may lie over another, which shows only when it is gone.
    while mounts := _mounts():
        for mount in reversed(mounts):
            subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
        if _mounts() == mounts:
            raise LabError(f"{mounts[-1]} can't be unmounted; see what holds it: fuser -vm {mounts[-1]}")


def _remove_shim_sockets() -> None:
    # They lie below /run/containerd, whatever containerd's own folders are.
    for address in node.SHIMS.glob("*/*/address"):
        Path(address.read_text().strip().removeprefix("unix://")).unlink(missing_ok=True)


def _remove_pod_log_links() -> None:
    if not POD_LOG_LINKS.is_dir():
        return
    for link in POD_LOG_LINKS.iterdir():
        if link.is_symlink() and link.readlink().is_relative_to(paths.RUN):
            link.unlink()
