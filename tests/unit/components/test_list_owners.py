"""Who owns a service account's list."""

from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import MaxRetryError

from components import list_owners
from components.cluster import Cluster
from components.list_owners import UNRECORDED, ListOwners

from .fake_api import FakeApi


def owners(monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> ListOwners:
    monkeypatch.setattr(list_owners, "core_api", lambda _: api)
    return list_owners.list_owners(Cluster(), "apps", "default")


def entry(manager: str, *fields: str) -> SimpleNamespace:
    return SimpleNamespace(manager=manager, fields_v1={field: {} for field in fields} or None)


def test_owners_are_those_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    api = FakeApi()
    api.put("default", ["a"])
    api.managed_fields = [entry("helm", "f:imagePullSecrets"), entry("kubectl", "f:secrets"), entry("none")]
    found = owners(monkeypatch, api)
    assert found == ListOwners(names=["a"], owners=["helm"], managers=["helm", "kubectl", "none"])
    assert found.seen("kubectl")
    assert not found.seen("other")


def test_a_list_from_before_the_first_apply_has_an_owner_without_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = FakeApi()
    api.put("default", ["a"])
    assert owners(monkeypatch, api) == ListOwners(names=["a"], owners=[UNRECORDED])


def test_no_list_has_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    api = FakeApi()
    api.put("default", None)
    assert owners(monkeypatch, api) == ListOwners(names=[], owners=[], managers=[])


@pytest.mark.parametrize(
    "error",
    [ApiException(status=403), MaxRetryError(None, "/"), ConfigException("none")],  # type: ignore[arg-type]  # no pool needed
)
def test_what_cannot_be_read_has_no_owner(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_: Cluster) -> None:
        raise error

    monkeypatch.setattr(list_owners, "core_api", fail)
    assert list_owners.list_owners(Cluster(), "apps", "default") == ListOwners()
