"""The documented procedure: the stack `lab`, as it stands in the repository, on a real cluster."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lab import ingress, paths, registries
from tests.lab.running_lab import TEAM_HELLO, RunningLab
from tests.lab.stack import Stack, new_stack, own_stack_aside
from tests.lab.traces import found, found_in_files, traces

IMAGE = f"{registries.PROTECTED}/{TEAM_HELLO}"
CREDENTIALS = (registries.USERNAME, registries.PASSWORD)


@pytest.fixture(scope="module")
def deployed(lab: RunningLab, hello_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack `lab` from the checkout itself, deployed."""
    state = tmp_path_factory.mktemp("state")
    with own_stack_aside(lab), new_stack(lab, paths.CLONE, "lab", state) as stack:
        stack.preview()
        stack.up()
        yield stack


@pytest.fixture(scope="module")
def stranger(lab: RunningLab) -> Iterator[str]:
    """A namespace without any pull secret."""
    with lab.new_namespace("stranger") as name:
        yield name


def test_the_service_answers(deployed: Stack) -> None:
    """The very first request, right after `up`."""
    answer = ingress.call(deployed.output("urls")["hello"])
    assert (answer.status_code, answer.text) == (200, "Hello World!\n")


def test_the_cluster_has_what_the_procedure_says(lab: RunningLab, deployed: Stack) -> None:
    assert lab.get("secret", "container-registry")["type"] == "kubernetes.io/dockerconfigjson"
    assert lab.get("serviceaccount", "default")["imagePullSecrets"] == [{"name": "container-registry"}]
    (container,) = lab.get("ksvc", "hello")["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["env"]) == (IMAGE, [{"name": "TARGET", "value": "World"}])


def test_a_second_preview_proposes_nothing(deployed: Stack) -> None:
    deployed.preview("--expect-no-changes")


def test_knative_cannot_resolve_the_image_without_the_secret(
    lab: RunningLab, deployed: Stack, stranger: str
) -> None:
    _create(
        lab,
        stranger,
        {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {"name": "hello"},
            "spec": {"template": {"spec": {"containers": [{"image": IMAGE}]}}},
        },
    )
    assert _refusal_of_knative(lab, stranger) == (
        'Revision "hello-00001" failed with message: '
        f'Unable to fetch image "{IMAGE}": failed to resolve image to digest: '
        f"HEAD http://{registries.PROTECTED}/v2/team/hello/manifests/1.0: unexpected status code "
        "401 Unauthorized (HEAD responses have no body, use GET for details)."
    )


def test_the_kubelet_cannot_use_the_image_without_the_secret(
    lab: RunningLab, deployed: Stack, stranger: str
) -> None:
    """Although the node has it already, for the one who could pull it."""
    container = {"name": "hello", "image": deployed_image(lab), "imagePullPolicy": "IfNotPresent"}
    _create(
        lab,
        stranger,
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "hello"},
            "spec": {"containers": [container]},
        },
    )
    assert "401 Unauthorized" in _refusal_of_the_kubelet(lab, stranger)


def test_no_credential_is_in_state_output_or_logs(deployed: Stack) -> None:
    assert found_in_files([deployed.state, paths.LOGS], *CREDENTIALS) == []
    assert found("\n".join(deployed.transcript).encode(), *CREDENTIALS) == []


def test_the_search_finds_the_credential_where_it_is(lab: RunningLab, deployed: Stack) -> None:
    """Else its finding nothing would mean nothing."""
    assert "password" in found(deployed.decrypted().encode(), *CREDENTIALS)
    secret = lab.kubectl.run("get", "secret", "container-registry", "--output=yaml")
    assert any("plain part in base64" in name for name in found(secret.encode(), *CREDENTIALS))
    # What was searched does hold the run: its outputs and the requests for its image.
    assert "container-registry" in "\n".join(deployed.transcript)
    assert any("container-registry" in file.read_text() for file in deployed.state.rglob("lab.json"))
    assert "/v2/team/hello/manifests/1.0" in (paths.LOGS / "registry-protected.log").read_text()


@pytest.mark.parametrize("form", traces(*CREDENTIALS))
def test_the_search_finds_every_form_that_is_planted(form: str, tmp_path: Path) -> None:
    planted = tmp_path / "folder" / "file"
    planted.parent.mkdir()
    planted.write_bytes(b"before " + traces(*CREDENTIALS)[form] + b" after")
    assert f"{planted}: {form}" in found_in_files([tmp_path], *CREDENTIALS)


def test_destroy_removes_all_and_leaves_the_service_account(lab: RunningLab, deployed: Stack) -> None:
    before = lab.get("serviceaccount", "default")["metadata"]["uid"]
    deployed.destroy()
    assert deployed.resources() == []
    assert lab.get("secret", "container-registry") is None
    assert lab.get("ksvc", "hello") is None
    account = lab.get("serviceaccount", "default")
    assert account["metadata"]["uid"] == before
    assert "imagePullSecrets" not in account


def deployed_image(lab: RunningLab) -> str:
    """Return the image by digest, as Knative gives it to the kubelet."""
    revision = lab.get("ksvc", "hello")["status"]["latestReadyRevisionName"]
    (status,) = lab.get("revision", revision)["status"]["containerStatuses"]
    return str(status["imageDigest"])


def _create(lab: RunningLab, namespace: str, document: object) -> None:
    lab.kubectl.run("create", "--namespace", namespace, "--filename=-", document=json.dumps(document))


within_a_minute = retry(
    retry=retry_if_result(lambda message: not message), stop=stop_after_delay(60), wait=wait_fixed(0.2)
)


@within_a_minute
def _refusal_of_knative(lab: RunningLab, namespace: str) -> str:
    conditions = lab.get("ksvc", "hello", namespace).get("status", {}).get("conditions", [])
    return "".join(
        condition["message"]
        for condition in conditions
        if condition["type"] == "ConfigurationsReady" and condition["status"] == "False"
    )


@within_a_minute
def _refusal_of_the_kubelet(lab: RunningLab, namespace: str) -> str:
    statuses = lab.get("pod", "hello", namespace).get("status", {}).get("containerStatuses", [])
    waiting = [status["state"]["waiting"] for status in statuses if "waiting" in status["state"]]
    return "".join(state.get("message", "") for state in waiting)
