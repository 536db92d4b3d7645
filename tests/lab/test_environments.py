"""The environments as they stand in the repository, side by side on one cluster."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lab import ingress, paths, registries
from tests.lab.running_lab import RunningLab
from tests.lab.stack import Stack, new_stack, own_stack_aside

pytestmark = pytest.mark.scenario


@dataclass(frozen=True)
class Environment:
    """What a stack's file says."""

    namespace: str
    service_account: str
    username: str
    """The registry account."""
    text: str
    """What its service `hello` answers."""


ENVIRONMENTS = {
    "lab": Environment("default", "default", "ci-bot", "Hello World!\n"),
    "dev": Environment("dev", "default", "dev-bot", "Hello dev!\n"),
    "staging": Environment("staging", "runner", "staging-bot", "Hello staging!\n"),
    "prod": Environment("prod", "runner", "prod-bot", "Hello prod!\n"),
}


@dataclass(frozen=True)
class _WithPassphrase(RunningLab):
    """The lab, for a stack whose passphrase is its name."""

    passphrase: str = ""

    def environment(self, state: Path) -> dict[str, str]:
        return {**super().environment(state), "PULUMI_CONFIG_PASSPHRASE": self.passphrase}


@pytest.fixture(scope="module")
def stacks(
    lab: RunningLab, hello_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Stack]]:
    """All of them, up together from the checkout itself."""
    state = tmp_path_factory.mktemp("state")
    with own_stack_aside(lab), ExitStack() as opened:
        stacks = {
            name: opened.enter_context(
                new_stack(_WithPassphrase(lab.toolchain, passphrase=name), paths.CLONE, name, state)
            )
            for name in ENVIRONMENTS
        }
        _together(stacks.values(), Stack.up)
        yield stacks
        _together(stacks.values(), Stack.destroy)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_answers(stacks: Mapping[str, Stack], name: str) -> None:
    assert _answer(stacks[name]) == (200, ENVIRONMENTS[name].text)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_has_its_own_account_in_its_own_namespace(
    lab: RunningLab, stacks: Mapping[str, Stack], name: str
) -> None:
    environment = ENVIRONMENTS[name]
    content = lab.get("secret", "container-registry", environment.namespace)["data"][".dockerconfigjson"]
    entries = json.loads(base64.b64decode(content))["auths"]
    assert {server: entry["username"] for server, entry in entries.items()} == {
        registries.PROTECTED: environment.username
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_other_account_is_used_by_it(lab: RunningLab, stacks: Mapping[str, Stack], name: str) -> None:
    """With only its own account gone from the registry a new revision is refused, whoever else has one."""
    environment = ENVIRONMENTS[name]
    with _without_account(environment.username):
        _ask_for_a_revision(lab, environment.namespace)
        refusal = _refusal(lab, environment.namespace)
    assert f"{registries.PROTECTED}/v2/team/hello/manifests/1.0: unexpected status code 401" in refusal
    # The one before goes on.
    assert _answer(stacks[name]) == (200, environment.text)


def test_destroy_of_one_leaves_the_others_serving(lab: RunningLab, stacks: Mapping[str, Stack]) -> None:
    stacks["staging"].destroy()
    assert lab.get("ksvc", "hello", "staging") is None
    assert lab.get("secret", "container-registry", "staging") is None
    others = {name: environment for name, environment in ENVIRONMENTS.items() if name != "staging"}
    assert {name: _answer(stacks[name]) for name in others} == {
        name: (200, environment.text) for name, environment in others.items()
    }
    assert {name: _pull_secrets(lab, environment) for name, environment in others.items()} == {
        name: ["container-registry"] for name in others
    }


def test_up_of_the_lab_gives_the_registry_the_accounts_that_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    htpasswd = tmp_path / "registries" / "htpasswd"
    monkeypatch.setattr(registries, "HTPASSWD", htpasswd)
    registries.write_configuration()
    assert _usernames(htpasswd) == ["ci-bot", "dev-bot", "staging-bot", "prod-bot"]
    before = htpasswd.read_text().replace("dev-bot:", "of-a-colleague:")
    htpasswd.write_text(before)
    registries.write_configuration()
    assert _usernames(htpasswd) == ["ci-bot", "of-a-colleague", "staging-bot", "prod-bot", "dev-bot"]
    assert htpasswd.read_text().startswith(before)


def _usernames(htpasswd: Path) -> list[str]:
    return [line.partition(":")[0] for line in htpasswd.read_text().splitlines()]


@contextmanager
def _without_account(username: str) -> Iterator[None]:
    before = registries.HTPASSWD.read_text()
    kept = [line for line in before.splitlines(keepends=True) if not line.startswith(f"{username}:")]
    registries.HTPASSWD.write_text("".join(kept))
    try:
        yield
    finally:
        registries.HTPASSWD.write_text(before)


def _ask_for_a_revision(lab: RunningLab, namespace: str) -> None:
    patch = {"spec": {"template": {"metadata": {"annotations": {"example.test/again": "true"}}}}}
    command = ("patch", "ksvc", "hello", "--namespace", namespace, "--type=merge")
    lab.kubectl.run(*command, f"--patch={json.dumps(patch)}")


def _pull_secrets(lab: RunningLab, environment: Environment) -> list[str]:
    account: Any = lab.get("serviceaccount", environment.service_account, environment.namespace)
    return [entry["name"] for entry in account.get("imagePullSecrets", [])]


@retry(retry=retry_if_result(lambda message: not message), stop=stop_after_delay(60), wait=wait_fixed(0.2))
def _refusal(lab: RunningLab, namespace: str) -> str:
    """Return why Knative has no revision that is newer than the one that serves."""
    service: Any = lab.get("ksvc", "hello", namespace)
    return "".join(
        condition["message"]
        for condition in service["status"]["conditions"]
        if condition["type"] == "ConfigurationsReady" and condition["status"] == "False"
    )


def _together(stacks: Any, command: Callable[[Stack], str]) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(command, stacks))


def _answer(stack: Stack) -> tuple[int, str]:
    answer = ingress.call(stack.output("urls")["hello"])
    return answer.status_code, answer.text
