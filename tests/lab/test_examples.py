"""The example projects: a platform that composes PrivateRegistry, and a consumer of its stack."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import paths, registries
from tests.installed import install
from tests.lab.other_project import copy_of_project
from tests.lab.running_lab import RunningLab, call_until_ok
from tests.lab.stack import Stack, new_stack
from tests.lab.traces import found, found_in_files

pytestmark = pytest.mark.scenario

ACCOUNTS = "registry-accounts"
ROTATED = ("platform-bot", "lab-only-Axolotl9!button")


@dataclass(frozen=True)
class Examples:
    platform: Stack
    consumer: Stack
    state: Path

    def transcript(self) -> bytes:
        """Return all that pulumi printed."""
        return "\n".join([*self.platform.transcript, *self.consumer.transcript]).encode()


@pytest.fixture(scope="module")
def account(lab: RunningLab) -> Iterator[None]:
    """The registry's account, where whoever runs the registry keeps it."""
    lab.kubectl.run("create", "namespace", ACCOUNTS)
    keep_account(lab, registries.USERNAME, registries.PASSWORD)
    yield
    lab.kubectl.run("delete", "namespace", ACCOUNTS, "--wait=false")


@pytest.fixture(scope="module")
def examples(
    lab: RunningLab, hello_image: str, account: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Examples]:
    folder = tmp_path_factory.mktemp("examples")
    state = folder / "state"
    state.mkdir()
    installed = install(folder)
    platform = copy_of_project("examples/platform", folder, installed)
    consumer = copy_of_project("examples/consumer", folder, installed)
    with new_stack(lab, platform, "lab", state) as of_platform:
        of_platform.preview()
        of_platform.up()
        with new_stack(lab, consumer, "lab", state) as of_consumer:
            of_consumer.preview()
            of_consumer.up()
            yield Examples(of_platform, of_consumer, state)


def keep_account(lab: RunningLab, username: str, password: str) -> None:
    lab.kubectl.run(
        *("apply", "--filename=-"),
        document=json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "ci-bot", "namespace": ACCOUNTS},
                "type": "kubernetes.io/basic-auth",
                "stringData": {"username": username, "password": password},
            }
        ),
    )


def test_the_consumer_s_services_answer(examples: Examples) -> None:
    said = {}
    for name, url in examples.consumer.output("urls").items():
        answer = call_until_ok(url)
        assert answer is not None
        said[name] = (answer.status_code, answer.text)
    assert said == {
        "by-account": (200, "Hello service account!\n"),
        "by-secret": (200, "Hello pull secret!\n"),
    }


def test_second_previews_propose_nothing(examples: Examples) -> None:
    for stack in (examples.platform, examples.consumer):
        stack.preview("--expect-no-changes")
        stack.preview("--expect-no-changes", "--refresh")


def test_every_team_has_what_the_platform_promises(lab: RunningLab, examples: Examples) -> None:
    assert examples.platform.output("teams") == {
        team: {"namespace": team, "serviceAccount": "runner", "pullSecret": "company-registry"}
        for team in ("shop", "search")
    }
    for team in ("shop", "search"):
        assert lab.get("resourcequota", "team", team)["spec"]["hard"] == {"pods": "20"}
        for name in ("runner", "default"):
            account = lab.get("serviceaccount", name, team)
            assert account["imagePullSecrets"] == [{"name": "company-registry"}]


def test_a_new_account_reaches_every_team_in_place(lab: RunningLab, examples: Examples) -> None:
    before = [lab.get("secret", "company-registry", team) for team in ("shop", "search")]
    registries.set_account(*ROTATED)
    keep_account(lab, *ROTATED)
    examples.platform.up()
    for secret in before:
        metadata = secret["metadata"]
        after = lab.get("secret", metadata["name"], metadata["namespace"])
        assert after["metadata"]["uid"] == metadata["uid"]
        config = json.loads(base64.b64decode(after["data"][".dockerconfigjson"]))
        assert config["auths"][registries.PROTECTED]["username"] == ROTATED[0]
    examples.consumer.preview("--expect-no-changes")


def test_no_credential_is_in_state_output_or_logs(examples: Examples) -> None:
    for username, password in ((registries.USERNAME, registries.PASSWORD), ROTATED):
        assert found_in_files([examples.state, paths.LOGS], username, password) == []
        assert found(examples.transcript(), username, password) == []
    # Else finding nothing would mean nothing.
    assert found(examples.platform.decrypted().encode(), *ROTATED) != []


def test_destroy_leaves_the_account_to_its_owner(lab: RunningLab, examples: Examples) -> None:
    examples.consumer.destroy()
    examples.platform.destroy()
    assert examples.platform.resources() == []
    assert lab.get("namespace", "shop") is None
    assert lab.get("secret", "ci-bot", ACCOUNTS) is not None
