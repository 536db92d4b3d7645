"""Image pull secrets through the program, the components and the real provider, against real kubectl."""

import base64
import json
from collections.abc import Iterator, Mapping

import pytest

from lab import ingress, paths, registries
from tests.lab.running_lab import TEAM_HELLO, RunningLab
from tests.lab.stack import Stack, copy_of_the_program, new_stack
from tests.lab.traces import found, found_in_files

HARD_PASSWORD = (
    """ "double" 'single' & <tag> back\\slash $HOME ${x} %s \u00fc\u20ac\U0001f511\u2028 Wombat-4nd-more """
)
PLAIN = {"username": "ci-bot", "password": "Only-letters-4nd-digits"}
HARD = {"username": "b\u00f6t", "password": HARD_PASSWORD}

INPUTS: Mapping[str, Mapping[str, str]] = {
    "plain": {"server": "one.example.test", "email": "", **PLAIN},
    "plain-with-email": {"server": "two.example.test", "email": "ci-bot@example.test", **PLAIN},
    "hard": {"server": "three.example.test:5000", "email": "", **HARD},
    "hard-with-email": {
        "server": "four.example.test:5000",
        "email": '"B\u00f6t & <Co>" <b\u00f6t@example.test>',
        **HARD,
    },
}
"""What `kubectl create secret docker-registry` is given, by registry."""


@pytest.fixture(scope="module")
def namespace(lab: RunningLab) -> Iterator[str]:
    with lab.new_namespace("pull-secrets") as name:
        yield name


@pytest.fixture(scope="module")
def deployed(
    lab: RunningLab, hello_image: str, namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack with all the pull secrets, and a Knative Service that names its own on the revision."""
    of_the_lab = {
        "server": registries.PROTECTED,
        "username": registries.USERNAME,
        "password": registries.PASSWORD,
    }
    all_inputs = {**INPUTS, "lab": of_the_lab}
    config = {
        "registries": {key: _without_password(inputs) for key, inputs in all_inputs.items()},
        "namespaces": {namespace: {"registries": list(all_inputs)}},
        "services": {
            "hello": {
                "namespace": namespace,
                "image": f"{registries.PROTECTED}/{TEAM_HELLO}",
                "imagePullSecrets": ["lab-pull-secret"],
                "env": {"TARGET": "Revision"},
            }
        },
    }
    folder = tmp_path_factory.mktemp("pull-secrets")
    project = copy_of_the_program(folder / "project", config, "pull-secrets")
    (folder / "state").mkdir()
    with new_stack(lab, project, "pull-secrets", folder / "state") as stack:
        for key, inputs in all_inputs.items():
            stack.set_secret(f"registries.{key}.password", inputs["password"])
        stack.preview()
        stack.up()
        yield stack


@pytest.mark.parametrize("key", INPUTS)
def test_the_secret_has_the_bytes_of_kubectl(
    lab: RunningLab, deployed: Stack, namespace: str, key: str
) -> None:
    inputs = INPUTS[key]
    options = [f"--docker-{name}={value}" for name, value in inputs.items()]
    dry_run = ("--dry-run=client", "--output=json")
    by_kubectl = lab.kubectl.run("create", "secret", "docker-registry", "any", *options, *dry_run)
    in_the_cluster = lab.get("secret", f"{key}-pull-secret", namespace)
    assert _content(in_the_cluster) == _content(json.loads(by_kubectl))
    # Not two empty ones: the password arrived as it is.
    (entry,) = json.loads(_content(in_the_cluster))["auths"].values()
    assert entry["password"] == inputs["password"]


def test_the_secret_on_the_revision_is_enough(lab: RunningLab, deployed: Stack, namespace: str) -> None:
    answer = ingress.call(deployed.output("urls")["hello"])
    assert (answer.status_code, answer.text) == (200, "Hello Revision!\n")
    template = lab.get("ksvc", "hello", namespace)["spec"]["template"]["spec"]
    assert template["imagePullSecrets"] == [{"name": "lab-pull-secret"}]
    assert "imagePullSecrets" not in lab.get("serviceaccount", "default", namespace)


def test_a_second_preview_proposes_nothing(deployed: Stack) -> None:
    deployed.preview("--expect-no-changes")


@pytest.mark.parametrize("key", INPUTS)
def test_no_credential_is_in_state_output_or_logs(deployed: Stack, key: str) -> None:
    username, password = INPUTS[key]["username"], INPUTS[key]["password"]
    folders = [deployed.state, deployed.project / "config", paths.LOGS]
    assert found_in_files(folders, username, password) == []
    assert found("\n".join(deployed.transcript).encode(), username, password) == []
    # With the secrets in clear the same state does hold it.
    assert "plain part" in found(deployed.decrypted().encode(), username, password)


def _without_password(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in inputs.items() if name != "password"}


def _content(secret: Mapping[str, Mapping[str, str]]) -> bytes:
    return base64.b64decode(secret["data"][".dockerconfigjson"])
