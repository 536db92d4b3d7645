"""A Pulumi project of its own, in an environment with the installed package."""

import shutil
from pathlib import Path

from lab import paths
from tests.installed import Installed


def copy_of_project(project: str, folder: Path, installed: Installed) -> Path:
    """Copy a project of the checkout, and give it an environment that has the package."""
    copy = folder / Path(project).name
    shutil.copytree(paths.CLONE / project, copy, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    (copy / ".venv").symlink_to(installed.environment)
    return copy
