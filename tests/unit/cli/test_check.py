import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import check

ROOT = Path(__file__).parents[3]
PASSWORD = "s3cr3t-Zebra"
REGISTRIES = "  knative-private-registry:registries:\n"
NAMESPACES = """\
  knative-private-registry:namespaces:
    apps: {registries: [ghcr], serviceAccounts: {default: patch}}
"""
HELLO = """\
  knative-private-registry:services:
    hello: {namespace: apps, image: 'ghcr.io/acme/hello:1.0'}
"""
GHCR = "    ghcr: {server: ghcr.io, username: ci-bot, password: {secure: v1:abc}}\n"
NOT_CHECKED = "not checked: knative-private-registry:registries.ghcr: the password is encrypted: its form was not checked"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.test.yaml"


def run(file: Path, content: str) -> tuple[str, int]:
    file.write_text(content)
    output = io.StringIO()
    status = check.run(file, output, as_json=False)
    return output.getvalue(), status


def run_json(file: Path, content: str) -> tuple[Any, int]:
    file.write_text(content)
    output = io.StringIO()
    status = check.run(file, output, as_json=True)
    return json.loads(output.getvalue()), status


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_a_clean_stack(file: Path) -> None:
    text, status = run(file, "config:\n" + REGISTRIES + GHCR + NAMESPACES + HELLO)

    assert lines(text) == [
        "image                   namespace  service account  kubelet     Knative     "
        "credential                 finding",
        "ghcr.io/acme/hello:1.0  apps       default          credential  credential  ghcr-pull-secret (ci-bot)",
        NOT_CHECKED,
    ]
    assert status == 0


def test_the_same_as_json(file: Path) -> None:
    document, status = run_json(file, "config:\n" + REGISTRIES + GHCR + NAMESPACES + HELLO)

    reader = {
        "result": "credential",
        "usernames": ["ci-bot"],
        "secrets": ["ghcr-pull-secret"],
        "repository": "ghcr.io/acme/hello",
    }
    assert document == {
        "images": [
            {
                "image": "ghcr.io/acme/hello:1.0",
                "namespace": "apps",
                "knativeService": "hello",
                "serviceAccount": "default",
                "kubelet": reader,
                "knative": reader,
                "findings": [],
            }
        ],
        "findings": [],
        "notChecked": [NOT_CHECKED.removeprefix("not checked: ")],
    }
    assert status == 0


def test_an_image_without_a_credential_is_an_error(file: Path) -> None:
    services = HELLO.replace("ghcr.io/acme", "quay.io/acme")
    text, status = run(file, "config:\n" + REGISTRIES + GHCR + NAMESPACES + services)

    assert lines(text)[1:] == [
        "quay.io/acme/hello:1.0  apps       default          anonymous  anonymous              image-not-covered",
        'error: Knative Service apps/hello: "quay.io/acme/hello:1.0" is on a registry for which you declared '
        "no credentials (have: ghcr.io); mark it public or add one [image-not-covered]",
        NOT_CHECKED,
    ]
    assert status == 1


def test_a_public_image_needs_none(file: Path) -> None:
    services = HELLO.replace("ghcr.io/acme", "quay.io/acme").replace("}", ", public: true}")
    text, status = run(file, "config:\n" + REGISTRIES + GHCR + NAMESPACES + services)

    assert "image-not-covered" not in text
    assert status == 0


def test_a_plain_credential_is_an_error_and_is_not_shown(file: Path) -> None:
    plain = GHCR.replace("{secure: v1:abc}", PASSWORD)
    text, status = run(file, "config:\n" + REGISTRIES + plain + NAMESPACES + HELLO)

    assert (
        "error: knative-private-registry:registries.ghcr.password: the value is not encrypted; revoke it, and "
        "set the new one with: pulumi config set --secret --path 'registries.ghcr.password' "
        "[credential-not-encrypted]"
    ) in lines(text)
    assert PASSWORD not in text
    assert status == 1


def test_what_is_wrong_with_a_registry_is_said_with_its_key(file: Path) -> None:
    hub = GHCR.replace("ghcr.io", "'https://docker.io/'")
    services = HELLO.replace("ghcr.io/acme", "acme")
    text, status = run(file, "config:\n" + REGISTRIES + hub + NAMESPACES + services)

    assert (
        'warning: knative-private-registry:registries.ghcr: "https://docker.io/" is only understood by the '
        "kubelet; Knative resolves Docker Hub as index.docker.io; write "
        '"https://index.docker.io/v1/" [hub-kubelet-only-address]'
    ) in lines(text)
    assert status == 0


def test_a_docker_config_that_is_encrypted_is_opaque(file: Path) -> None:
    whole = "    ghcr: {dockerConfigJson: {secure: v1:abc}}\n"
    text, status = run(file, "config:\n" + REGISTRIES + whole + NAMESPACES + HELLO)

    assert lines(text)[1] == "ghcr.io/acme/hello:1.0  apps       default          unknown  unknown"
    assert (
        "not checked: knative-private-registry:registries.ghcr: the docker config can't be read: "
        "nothing in it was checked"
    ) in lines(text)
    assert status == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            "config: [",
            "{file}, line 1, column 10: not valid YAML",
            id="not YAML",
        ),
        pytest.param(
            "- a list", "{file}: not a stack's file: it has no `config` with keys and values", id="a list"
        ),
        pytest.param(
            "config:\n" + REGISTRIES.replace("registries", "registrys") + GHCR,
            'knative-private-registry:registrys: unknown key. Did you mean "registries"?',
            id="an unknown key",
        ),
        pytest.param(
            "config:\n" + REGISTRIES + GHCR + NAMESPACES.replace("[ghcr]", "[gchr]"),
            'knative-private-registry:namespaces.apps.registries[0]: unknown registry. Did you mean "ghcr"?',
            id="an unknown registry",
        ),
        pytest.param(
            "config:\n" + REGISTRIES + GHCR.replace("{secure: v1:abc}", "12345678"),
            "knative-private-registry:registries.ghcr.password: is not a string. Set it with: "
            "pulumi config set --secret --path registries.ghcr.password",
            id="a number for a password",
        ),
        pytest.param(
            f"config:\n  knative-private-registry:registries: '{{\"ghcr\": {PASSWORD}'",
            "knative-private-registry:registries: is not valid JSON. Set single values with: "
            "pulumi config set --path registries.KEY VALUE",
            id="bad JSON in text",
        ),
        pytest.param(
            "config:\n" + REGISTRIES + GHCR + GHCR,
            "{file}, line 4, column 5: not valid YAML",
            id="a key twice",
        ),
    ],
)
def test_a_file_that_cannot_be_used(file: Path, content: str, message: str) -> None:
    text, status = run(file, content)

    assert lines(text) == ["The file can't be checked:", "  " + message.format(file=file)]
    assert status == 2
    document, status = run_json(file, content)
    assert document == {"unusable": [message.format(file=file)]}
    assert status == 2


def test_a_file_that_is_not_there(file: Path) -> None:
    output = io.StringIO()

    assert check.run(file, output, as_json=False) == 2
    assert lines(output.getvalue()) == ["The file can't be checked:", f"  {file}: No such file or directory"]


def test_the_command_needs_neither_passphrase_nor_pulumi(file: Path) -> None:
    file.write_text("config:\n" + REGISTRIES + GHCR + NAMESPACES + HELLO)
    command = [sys.executable, "-X", "importtime", "-m", "cli", "check", "--config", str(file)]

    result = subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=True)

    assert "ghcr-pull-secret (ci-bot)" in result.stdout
    assert " pulumi" not in result.stderr
