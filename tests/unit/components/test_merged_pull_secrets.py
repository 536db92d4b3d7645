"""Our entries in a list that others write, too."""

from typing import Any

import dill  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import ApiException

from components import merged_pull_secrets
from components.merged_pull_secrets import MergedPullSecretsProvider, ServiceAccountMissingError
from components.pull_secret_list import with_ours, without

from .fake_api import FakeApi

NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


@given(current=NAMES, ours=NAMES, previously=NAMES)
def test_others_keep_their_entries_and_their_order(
    current: list[str], ours: list[str], previously: list[str]
) -> None:
    result = with_ours(current, ours, previously_ours=previously)
    others = [name for name in current if name not in {*ours, *previously}]
    assert [name for name in result if name in others] == others
    assert set(result) == {*others, *ours}
    assert len(result) == len(set(result))


@given(current=NAMES, ours=NAMES)
def test_adding_twice_is_adding_once_and_removing_takes_it_back(current: list[str], ours: list[str]) -> None:
    once = with_ours(current, ours)
    assert with_ours(once, ours) == once
    assert without(once, ours) == [name for name in current if name not in ours]


def test_our_entries_come_last_in_our_order() -> None:
    assert with_ours(["x", "b"], ["a", "b", "c"]) == ["x", "b", "a", "c"]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    api = FakeApi()
    monkeypatch.setattr(merged_pull_secrets, "core_api", lambda _: api)
    return api


def properties(*names: str, **changes: Any) -> dict[str, Any]:
    return {"namespace": "apps", "service_account": "default", "secret_names": list(names), **changes}


def state(*names: str, present: list[str] | None = None) -> dict[str, Any]:
    return {
        **properties(*names),
        "kubeconfig": None,
        "context": None,
        "present": list(names) if present is None else present,
    }


provider = MergedPullSecretsProvider()


def test_create_adds_to_what_is_there(api: FakeApi) -> None:
    api.put("default", ["theirs"])
    created = provider.create(properties("a", "b"))
    assert created.id == "apps/default"
    assert created.outs == state("a", "b")
    assert api.accounts["apps", "default"] == ["theirs", "a", "b"]


def test_create_starts_a_list(api: FakeApi) -> None:
    api.put("default", None)
    provider.create(properties("a"))
    assert api.accounts["apps", "default"] == ["a"]


def test_create_again_after_a_lost_answer_changes_nothing(api: FakeApi) -> None:
    api.put("default", ["theirs", "a"])
    assert provider.create(properties("a")).outs == state("a")
    assert api.writes == []


def test_a_write_in_between_is_not_lost(api: FakeApi) -> None:
    api.put("default", ["theirs"])
    api.before_write = [lambda: api.put("default", ["theirs", "x"]), lambda: api.put("default", ["x", "y"])]
    provider.create(properties("a"))
    assert api.accounts["apps", "default"] == ["x", "y", "a"]


def test_gives_up_when_somebody_is_always_faster(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged_pull_secrets, "RETRY_SECONDS", 0.3)
    api.put("default", [])
    api.before_write = [lambda: api.put("default", [])] * 100
    with pytest.raises(ApiException):
        provider.create(properties("a"))
    assert 1 < 100 - len(api.before_write) < 10


def test_create_waits_for_the_service_account_of_a_new_namespace(api: FakeApi) -> None:
    api.before_read = [lambda: None, lambda: api.put("default", None)]
    provider.create(properties("a"))
    assert api.accounts["apps", "default"] == ["a"]


def test_a_service_account_that_never_comes_is_an_error(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_pull_secrets, "MISSING_SECONDS", 0.3)
    with pytest.raises(
        ServiceAccountMissingError,
        match=r'^there is no service account "default" in namespace "apps"\. Create it, or use mode own$',
    ):
        provider.create(properties("a"))


def test_update_removes_what_is_no_longer_ours(api: FakeApi) -> None:
    api.put("default", ["a", "theirs", "b"])
    updated = provider.update("apps/default", state("a", "b"), properties("b", "c"))
    assert updated.outs == state("b", "c")
    assert api.accounts["apps", "default"] == ["theirs", "b", "c"]


def test_read_finds_what_somebody_removed(api: FakeApi) -> None:
    api.put("default", ["theirs", "b"])
    found = provider.read("apps/default", state("a", "b"))
    assert (found.id, found.outs) == ("apps/default", state("a", "b", present=["b"]))


def test_read_forgets_the_resource_without_its_service_account(api: FakeApi) -> None:
    found = provider.read("apps/default", state("a"))
    assert (found.id, found.outs) == (None, {})


def test_delete_removes_only_ours(api: FakeApi) -> None:
    api.put("default", ["a", "theirs", "b"])
    provider.delete("apps/default", state("a", "b", present=["a"]))
    assert api.accounts["apps", "default"] == ["theirs"]
    provider.delete("apps/default", state("theirs"))
    assert api.accounts["apps", "default"] is None


def test_delete_is_done_when_the_service_account_is_gone(api: FakeApi) -> None:
    provider.delete("apps/default", state("a"))
    api.put("default", ["a"])
    api.before_write = [lambda: api.accounts.clear()]
    provider.delete("apps/default", state("a"))
    assert api.writes == []


@pytest.mark.parametrize(
    ("olds", "news", "changes", "replaces"),
    [
        (state("a"), properties("a"), False, []),
        (state("a", present=[]), properties("a"), True, []),
        (state("a"), properties("a", "b"), True, []),
        (state("a"), properties("a", context="other"), True, []),
        (state("a"), properties("a", service_account="x"), True, ["service_account"]),
        (state("a"), properties("a", namespace="x"), True, ["namespace"]),
        ({**state("a"), "__provider": "old"}, {**properties("a"), "__provider": "new"}, False, []),
    ],
    ids=["same", "drift", "names", "context", "service account", "namespace", "environment"],
)
def test_diff(olds: dict[str, Any], news: dict[str, Any], changes: bool, replaces: list[str]) -> None:
    found = provider.diff("apps/default", olds, news)
    assert (found.changes, found.replaces) == (changes, replaces)


def test_the_state_has_a_reference_to_the_provider_and_not_its_code() -> None:
    """So that it can still be read with another Python and other versions of the libraries."""
    pickled = dill.dumps(provider, recurse=True)
    assert len(pickled) < 200
    assert b"components.merged_pull_secrets" in pickled
    assert isinstance(dill.loads(pickled), MergedPullSecretsProvider)  # noqa: S301 - our own
