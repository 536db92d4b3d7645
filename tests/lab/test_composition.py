"""A program of others around a PrivateRegistry, in a project of its own, on the real engine."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.installed import install
from tests.lab.other_project import copy_of_project
from tests.lab.running_lab import RunningLab
from tests.lab.stack import PulumiError, Stack, new_stack

pytestmark = pytest.mark.scenario

ACCOUNTS = ("owned", "patched", "default")
"""Their lists are there by mode `own`, `patch` and `merge`."""


@dataclass(frozen=True)
class Composition:
    lab: RunningLab
    stack: Stack
    namespace: str

    def set_step(self, step: str) -> None:
        self.stack.pulumi("config", "set", "composition:step", step)

    def up(self, step: str) -> None:
        self.set_step(step)
        self.stack.up()

    def accounts(self) -> dict[str, tuple[str, list[str]]]:
        """Return the uid and the list of each service account."""
        return {
            name: (account["metadata"]["uid"], [entry["name"] for entry in account["imagePullSecrets"]])
            for name in ACCOUNTS
            if (account := self.lab.get("serviceaccount", name, self.namespace))
        }


@pytest.fixture(scope="module")
def deployed(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    folder = tmp_path_factory.mktemp("composition")
    project = copy_of_project("tests/lab/composition", folder, install(folder))
    (folder / "state").mkdir()
    with (
        lab.new_namespace("composition") as namespace,
        new_stack(lab, project, "test", folder / "state") as stack,
    ):
        composition = Composition(lab, stack, namespace)
        stack.pulumi("config", "set", "composition:namespace", namespace)
        composition.up("first")
        yield composition


@pytest.fixture
def composition(deployed: Composition) -> Iterator[Composition]:
    """The program as it was in the beginning."""
    yield deployed
    deployed.up("first")


def test_a_second_preview_proposes_nothing(composition: Composition) -> None:
    composition.stack.preview("--expect-no-changes")
    composition.stack.preview("--expect-no-changes", "--refresh")


def test_a_rename_with_an_alias_changes_nothing(composition: Composition) -> None:
    composition.set_step("renamed")
    composition.stack.preview("--expect-no-changes")


def test_a_move_into_a_component_changes_nothing(composition: Composition) -> None:
    composition.set_step("moved into a component")
    summary = composition.stack.preview().partition("Resources:")[2].split()
    assert summary == ["+", "1", "to", "create", "11", "unchanged"]


def test_a_rename_together_with_a_change_changes_just_that(composition: Composition) -> None:
    before = composition.accounts()
    assert {names for _, names in map(_hashable, before.values())} == {("one",)}
    composition.up("renamed, with another registry")
    composition.stack.preview("--expect-no-changes")
    both = composition.accounts()
    composition.up("renamed back, without it")
    assert both == {name: (uid, ["one", "two"]) for name, (uid, _) in before.items()}
    assert composition.accounts() == before


def test_a_transform_reaches_what_it_is_made_of(composition: Composition) -> None:
    composition.up("transformed")
    secret = composition.lab.get("secret", "one", composition.namespace)
    assert secret["metadata"]["labels"] == {"team": "shop"}


def test_protection_keeps_all_of_it(composition: Composition) -> None:
    composition.up("protected")
    before = composition.accounts()
    with pytest.raises(PulumiError, match="cannot be deleted"):
        composition.stack.destroy()
    assert composition.accounts() == before
    state = json.loads(composition.stack.pulumi("stack", "export"))["deployment"]["resources"]
    unprotected = {resource["type"] for resource in state if not resource.get("protect")}
    assert unprotected == {
        "pulumi:pulumi:Stack",
        "pulumi:providers:kubernetes",
        "pulumi:providers:pulumi-python",
    }


def _hashable(account: tuple[str, list[str]]) -> tuple[str, tuple[str, ...]]:
    uid, names = account
    return uid, tuple(names)
