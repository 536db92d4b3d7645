"""What the lab needs of the machine: Linux, root, disk, a free address range, and Debian's packages."""

import contextlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab import paths
from lab.errors import LabError
from lab.progress import Progress

NEEDED_DISK_GIB = 6
CNI_PLUGINS = Path("/usr/lib/cni")

DEBIAN_PACKAGES = {
    "conntrack": "conntrack",
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "docker-registry": "docker-registry",
    "etcd": "etcd-server",
    "htpasswd": "apache2-utils",
    "ip": "iproute2",
    "iptables": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "runc": "runc",
    "sysctl": "procps",
    str(CNI_PLUGINS / "bridge"): "containernetworking-plugins",
}
"""Debian's package for each executable; one that the machine has already is used as it is."""

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's packages ask this script before they start a service; 101 means no."""


def require_lab_machine() -> None:
    """Raise LabError, with all that is missing, where no lab can run."""
    if platform.system() != "Linux":
        raise LabError(
            f"the lab runs on Linux only (this is {platform.system()}); "
            "`make check` and `make test` run everything but the lab tests here"
        )
    require_root()
    paths.RUN.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.RUN.parent).free / 2**30
    if free < NEEDED_DISK_GIB:
        raise LabError(
            f"{free:.1f} GiB are free at {paths.RUN.parent}; the lab needs {NEEDED_DISK_GIB}. "
            "Free some and try again"
        )


def require_root() -> None:
    """Raise LabError for anybody but root."""
    if os.geteuid() != 0:
        raise LabError(
            "the lab needs root (network namespace, mounts, containerd): run it as root or with sudo"
        )


def install_packages(progress: Progress) -> None:
    """Install the Debian packages whose executables are missing, without starting their services.

    Raises LabError where apt is missing or refuses.
    """
    missing = sorted({package for command, package in DEBIAN_PACKAGES.items() if not shutil.which(command)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"missing: {', '.join(missing)} (Debian's names); install them and try again")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with progress.step(f"install {', '.join(missing)}"), _services_stay_stopped():
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", *missing],
        ):
            result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if result.returncode:
                raise LabError(f"{' '.join(command)} failed:\n{result.stderr.strip()}")


@contextlib.contextmanager
def _services_stay_stopped() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
