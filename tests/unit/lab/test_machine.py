"""What the lab says where it cannot run."""

import os
import platform
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from lab import machine, paths
from lab.errors import LabError
from lab.machine import require_lab_machine
from lab.progress import Progress

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _fitting_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(paths, "RUN", tmp_path / "lib" / "run")
    free_gib(machine.NEEDED_DISK_GIB, monkeypatch)


def free_gib(count: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, int(count * 2**30)))


def test_a_fitting_machine_is_accepted() -> None:
    require_lab_machine()


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(LabError, match=r"^the lab runs on Linux only \(this is Darwin\); `make check` and"):
        require_lab_machine()


def test_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match=r"^the lab needs root \(.*\): run it as root or with sudo$"):
        require_lab_machine()


def test_too_little_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    free_gib(1.25, monkeypatch)
    with pytest.raises(LabError) as refused:
        require_lab_machine()
    assert str(refused.value) == (
        f"1.2 GiB are free at {paths.RUN.parent}; the lab needs {machine.NEEDED_DISK_GIB}. "
        "Free some and try again"
    )


def test_missing_packages_without_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {*machine.DEBIAN_PACKAGES} - {"etcd", "htpasswd"}
    monkeypatch.setattr(shutil, "which", lambda command: command if command in there else None)
    with pytest.raises(LabError) as refused:
        machine.install_packages(Progress())
    assert str(refused.value) == (
        "missing: apache2-utils, etcd-server (Debian's names); install them and try again"
    )


def test_nothing_is_installed_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda command: None if command == "apt-get" else command)
    machine.install_packages(Progress())
