"""The exports that `env` prints, read by a real shell."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab import paths, toolchain
from lab.__main__ import app
from lab.toolchain import Toolchain

AWKWARD = Path("/a folder/with 'quotes' $HOME `true` ; &/bin")


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> str:
    nowhere = Path("/nowhere")
    tools = Toolchain(AWKWARD, AWKWARD / "home", nowhere, nowhere, nowhere)
    monkeypatch.setattr(toolchain, "prepare", lambda progress: tools)
    result = CliRunner().invoke(app, ["env"])
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PULUMI_HOME", str(AWKWARD / "home")),
        ("KUBECONFIG", str(paths.KUBECONFIG)),
        ("PULUMI_BACKEND_URL", f"file://{paths.PULUMI_STATE}"),
        ("PULUMI_CONFIG_PASSPHRASE", "lab"),
    ],
)
def test_a_shell_reads_the_value_as_it_is(exports: str, name: str, value: str) -> None:
    assert in_shell(exports, name) == value


def test_the_lab_comes_first_on_the_path(exports: str) -> None:
    assert in_shell(exports, "PATH").startswith(f"{AWKWARD}:")


def in_shell(exports: str, name: str) -> str:
    script = f'eval "$EXPORTS" && printf %s "${name}"'
    return subprocess.run(
        ["/bin/sh", "-c", script], env={"EXPORTS": exports}, capture_output=True, text=True, check=True
    ).stdout
