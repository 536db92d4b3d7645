"""A component under a new name is the owner of what it owned under the old one."""

import pytest

from components import (
    ArgumentError,
    ServiceAccountPullSecrets,
    ServiceAccountPullSecretsArgs,
    service_account,
)
from components.list_owners import ListOwners
from tests.unit.conftest import Deploy


def declare(name: str) -> None:
    ServiceAccountPullSecrets(
        name,
        ServiceAccountPullSecretsArgs(
            namespace="apps", service_account="default", secret_names=["one", "two"], mode="patch"
        ),
    )


def manager(deploy: Deploy, name: str, stack: str) -> str:
    patch = deploy(lambda: declare(name), stack=stack).one("ServiceAccountPatch")
    return str(patch.inputs["metadata"]["annotations"]["pulumi.com/patchFieldManager"])


def test_the_list_under_the_old_name_is_no_other_s(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider keeps the field manager of the old name; see tests/lab/test_composition.py."""
    old = manager(deploy, "old", "test")
    found = ListOwners(names=["one"], owners=[old], managers=[old])
    monkeypatch.setattr(service_account, "list_owners", lambda *_: found)

    deployment = deploy(lambda: declare("new"), stack="test")
    assert deployment.one("ServiceAccountPatch").inputs["imagePullSecrets"] == [
        {"name": "one"},
        {"name": "two"},
    ]
    assert deployment.log == []


def test_the_list_of_the_same_name_in_another_stack_is_another_s(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = manager(deploy, "same", "staging")
    found = ListOwners(names=["one"], owners=[other], managers=[other])
    monkeypatch.setattr(service_account, "list_owners", lambda *_: found)

    with pytest.raises(ArgumentError, match=f"belongs to {other}; taking it would change its entries"):
        deploy(lambda: declare("same"), stack="test")
