"""Service accounts whose pull secrets others have a hand in: what each mode leaves in the cluster."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiException
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from components.cluster import Cluster, core_api
from lab import ingress, paths, registries
from tests.lab.running_lab import TEAM_HELLO, RunningLab
from tests.lab.stack import PulumiError, Stack, copy_of_the_program, new_stack

pytestmark = pytest.mark.scenario

ACCOUNT = "builder"
OURS = ["hub-pull-secret", "own-pull-secret"]
THEIRS = ["of-the-platform-team", "of-the-mirror"]
OTHERS = "platform-team"
"""The field manager of those others."""
PASSWORD = "Only-letters-4nd-digits"
SERVICE_ACCOUNTS = [f"account-{number:02}" for number in range(1, 21)]


def test_own_and_patch(lab: RunningLab, tmp_path: Path) -> None:
    """One service account is the stack's own, of the other it has the list only."""
    with lab.new_namespace("own") as namespace:
        lab.kubectl.run("create", "serviceaccount", "found", "--namespace", namespace)
        before = lab.get("serviceaccount", "found", namespace)
        with _stack(lab, tmp_path, "own", _config(namespace, {ACCOUNT: "own", "found": "patch"})) as stack:
            stack.up()
            assert _list(lab, namespace) == OURS
            assert _list(lab, namespace, "found") == OURS
            stack.preview("--expect-no-changes")
        assert lab.get("serviceaccount", ACCOUNT, namespace) is None
        assert _list(lab, namespace, "found") == []
        after = lab.get("serviceaccount", "found", namespace)
        assert after["metadata"]["uid"] == before["metadata"]["uid"]


@pytest.fixture(scope="module")
def conflict(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """A stack that patches a list which others have applied, and its namespace."""
    with lab.new_namespace("conflict") as namespace:
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT},
            "imagePullSecrets": [{"name": name} for name in THEIRS],
        }
        apply = ("apply", "--server-side", f"--field-manager={OTHERS}", "--filename=-")
        lab.kubectl.run(*apply, "--namespace", namespace, document=json.dumps(account))
        folder = tmp_path_factory.mktemp("conflict")
        with _stack(lab, folder, "conflict", _config(namespace, {ACCOUNT: "patch"})) as stack:
            yield stack, namespace


def test_patch_is_refused_in_preview_where_the_list_is_of_others(
    lab: RunningLab, conflict: tuple[Stack, str]
) -> None:
    stack, namespace = conflict
    with pytest.raises(PulumiError) as refused:
        stack.preview()
    assert (
        f'imagePullSecrets of service account "{ACCOUNT}" in namespace "{namespace}" belongs to {OTHERS}; '
        'taking it would remove: of-the-platform-team, of-the-mirror. Use mode "merge", which keeps the '
        "entries of others, or force to take the list"
    ) in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert _list(lab, namespace) == THEIRS


def test_force_takes_the_list_and_says_what_is_lost(lab: RunningLab, conflict: tuple[Stack, str]) -> None:
    stack, namespace = conflict
    key = f"knative-private-registry:namespaces.{namespace}.serviceAccounts.{ACCOUNT}"
    stack.pulumi("config", "set", "--path", f"{key}.force", "true")
    assert (
        f'warning: imagePullSecrets of service account "{ACCOUNT}" in namespace "{namespace}" belongs to '
        f"{OTHERS}; taking it would remove: of-the-platform-team, of-the-mirror"
    ) in stack.preview()
    assert _list(lab, namespace) == THEIRS
    stack.up()
    assert _list(lab, namespace) == OURS
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert _list(lab, namespace) == []


def test_merge_beside_a_controller_that_rewrites_the_list(
    lab: RunningLab, tmp_path: Path, figures: list[str]
) -> None:
    with lab.new_namespace("merge") as namespace:
        lab.kubectl.run("create", "serviceaccount", ACCOUNT, "--namespace", namespace)
        _set_list(lab, namespace, THEIRS)
        with _stack(lab, tmp_path, "merge", _config(namespace, {ACCOUNT: "merge"})) as stack:
            with _Controller(namespace) as controller:
                before = _conflicts(lab)
                stack.up()
            assert _list(lab, namespace) == controller.around(*THEIRS, *OURS)
            assert controller.lost == []
            repeated = _conflicts(lab) - before - controller.conflicts

            # Somebody who does not know our entries.
            _set_list(lab, namespace, THEIRS)
            with pytest.raises(PulumiError, match="no changes were expected"):
                stack.preview("--refresh", "--expect-no-changes")
            stack.pulumi("up", "--yes", "--skip-preview", "--refresh")
            assert _list(lab, namespace) == [*THEIRS, *OURS]
            stack.preview("--expect-no-changes")

            with _Controller(namespace) as controller:
                before = _conflicts(lab)
                stack.destroy()
            assert _list(lab, namespace) == controller.around(*THEIRS)
            assert controller.lost == []
            repeated += _conflicts(lab) - before - controller.conflicts
        figures.append(
            f"merge beside a controller that writes all the time: {repeated} changes were repeated"
        )


def test_two_stacks_merge_at_the_same_time(lab: RunningLab, tmp_path: Path, figures: list[str]) -> None:
    """Into twenty service accounts, which is twenty races in the time of one."""
    merged = dict.fromkeys(SERVICE_ACCOUNTS, "merge")
    one, two = ([f"{name}-{secret}" for secret in OURS] for name in ("one", "two"))
    with (
        lab.new_namespace("stacks") as namespace,
        _stack(lab, tmp_path, "one", _config(namespace, merged, "one-")) as stack_one,
        _stack(lab, tmp_path, "two", _config(namespace, merged, "two-")) as stack_two,
    ):
        before = _conflicts(lab)
        with _together(stack_one.up, stack_two.up):
            # Both wait for the service accounts by then: that is the starting shot.
            _wait_for_secrets(lab, namespace, {*one, *two})
            _create_service_accounts(lab, namespace)
        lists = _lists(lab, namespace)
        assert len(lists) == len(SERVICE_ACCOUNTS)
        assert [names for names in lists if names not in ([*one, *two], [*two, *one])] == []
        with _together(stack_one.destroy, stack_two.destroy):
            pass
        assert _lists(lab, namespace) == [[]] * len(SERVICE_ACCOUNTS)
        figures.append(
            f"two stacks merge into {len(SERVICE_ACCOUNTS)} service accounts: stack one was the first in "
            f"{lists.count([*one, *two])}, {_conflicts(lab) - before} changes were repeated"
        )


def test_destroy_of_one_stack_leaves_the_other_working(
    lab: RunningLab, hello_image: str, tmp_path: Path
) -> None:
    with (
        lab.new_namespace("leaving") as namespace,
        _stack(lab, tmp_path, "stays", _with_service("stays", namespace)) as stays,
        _stack(lab, tmp_path, "leaves", _with_service("leaves", namespace)) as leaves,
    ):
        with _together(stays.up, leaves.up):
            pass
        assert set(_list(lab, namespace, "default")) == {"stays-pull-secret", "leaves-pull-secret"}
        leaves.destroy()
        assert lab.get("ksvc", "leaves", namespace) is None
        assert _list(lab, namespace, "default") == ["stays-pull-secret"]
        stays.preview("--expect-no-changes")
        assert _answer(stays) == (200, "Hello stays!\n")
        # A new revision is a new pull, by both readers.
        key = "knative-private-registry:services.stays.env.TARGET"
        stays.pulumi("config", "set", "--path", key, "on its own")
        stays.up()
        assert _answer(stays) == (200, "Hello on its own!\n")


class _Controller:
    """Writes a list again and again, as one does that keeps some entries in it: its own around all others."""

    def __init__(self, namespace: str) -> None:
        self.entries: list[str] = []
        self.lost: list[list[str]] = []
        """The lists in which it did not find its entries as it had left them."""
        self.conflicts = 0
        self._writes = 0
        self._namespace = namespace
        self._failed: Exception | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Controller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        if self._failed:
            raise self._failed

    def around(self, *names: str) -> list[str]:
        """Return the list that it leaves of others' entries."""
        first, last = self.entries
        return [first, *names, last]

    def _run(self) -> None:
        try:
            api = core_api(Cluster(kubeconfig=str(paths.KUBECONFIG)))
            while not self._done.is_set():
                self._rewrite(api)
        except Exception as error:  # noqa: BLE001 - shown by the thread that waits for this one.
            self._failed = error

    def _rewrite(self, api: Any) -> None:
        account = api.read_namespaced_service_account(ACCOUNT, self._namespace)
        names = [entry.name for entry in account.image_pull_secrets or []]
        if [name for name in names if name in self.entries] != self.entries:
            self.lost.append(names)
        entries = [f"first-{self._writes}", f"last-{self._writes}"]
        others = [name for name in names if name not in self.entries]
        account.image_pull_secrets = [{"name": name} for name in (entries[0], *others, entries[1])]
        try:
            api.replace_namespaced_service_account(ACCOUNT, self._namespace, account)
        except ApiException as error:
            if error.status != 409:
                raise
            self.conflicts += 1
        else:
            self.entries = entries
            self._writes += 1


@contextmanager
def _stack(lab: RunningLab, folder: Path, name: str, config: Mapping[str, Any]) -> Iterator[Stack]:
    project = copy_of_the_program(folder / name, config, name)
    state = folder / f"state-of-{name}"
    state.mkdir()
    with new_stack(lab, project, name, state) as stack:
        for key, registry in config["registries"].items():
            of_the_lab = registry.get("server") == registries.PROTECTED
            stack.set_secret(f"registries.{key}.password", registries.PASSWORD if of_the_lab else PASSWORD)
        yield stack


def _config(namespace: str, service_accounts: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    keys = [f"{prefix}hub", f"{prefix}own"]
    accounts = {account: {"mode": mode} for account, mode in service_accounts.items()}
    return {
        "registries": {
            keys[0]: {"username": "acme"},
            keys[1]: {"server": "own.example.test", "username": "acme"},
        },
        "namespaces": {namespace: {"registries": keys, "serviceAccounts": accounts}},
    }


def _with_service(name: str, namespace: str) -> dict[str, Any]:
    image = f"{registries.PROTECTED}/{TEAM_HELLO}"
    return {
        "registries": {name: {"server": registries.PROTECTED, "username": registries.USERNAME}},
        "namespaces": {namespace: {"registries": [name], "serviceAccounts": {"default": "merge"}}},
        "services": {name: {"namespace": namespace, "image": image, "env": {"TARGET": name}}},
    }


@contextmanager
def _together(*commands: Callable[[], str]) -> Iterator[None]:
    """Run commands side by side, until the end of the block and of all of them."""
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(command) for command in commands]
        yield
        for command in running:
            command.result()


@retry(retry=retry_if_result(lambda missing: missing), stop=stop_after_delay(60), wait=wait_fixed(0.2))
def _wait_for_secrets(lab: RunningLab, namespace: str, names: set[str]) -> set[str]:
    found = lab.kubectl.run("get", "secrets", "--namespace", namespace, "--output=name")
    return {f"secret/{name}" for name in names} - set(found.split())


def _create_service_accounts(lab: RunningLab, namespace: str) -> None:
    documents = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        for account in SERVICE_ACCOUNTS
    ]
    everything = {"apiVersion": "v1", "kind": "List", "items": documents}
    create = ("create", "--filename=-", "--namespace", namespace)
    lab.kubectl.run(*create, document=json.dumps(everything))


def _answer(stack: Stack) -> tuple[int, str]:
    (url,) = stack.output("urls").values()
    answer = ingress.call(url)
    return answer.status_code, answer.text


def _list(lab: RunningLab, namespace: str, account: str = ACCOUNT) -> list[str]:
    return _names(lab.get("serviceaccount", account, namespace))


def _lists(lab: RunningLab, namespace: str) -> list[list[str]]:
    found = json.loads(lab.kubectl.run("get", "serviceaccounts", "--namespace", namespace, "--output=json"))
    return [_names(account) for account in found["items"] if account["metadata"]["name"] != "default"]


def _names(account: Mapping[str, Any]) -> list[str]:
    return [entry["name"] for entry in account.get("imagePullSecrets", [])]


def _set_list(lab: RunningLab, namespace: str, names: Sequence[str]) -> None:
    patch = json.dumps({"imagePullSecrets": [{"name": name} for name in names]})
    command = ("patch", "serviceaccount", ACCOUNT, "--namespace", namespace)
    lab.kubectl.run(*command, "--type=merge", f"--patch={patch}")


def _conflicts(lab: RunningLab) -> int:
    """Return how many changes of service accounts the API server has refused because another was faster."""
    metrics = lab.kubectl.run("get", "--raw", "/metrics").splitlines()
    of_service_accounts = ("apiserver_request_total{", 'code="409"', 'resource="serviceaccounts"')
    return sum(int(line.split()[-1]) for line in metrics if all(part in line for part in of_service_accounts))
