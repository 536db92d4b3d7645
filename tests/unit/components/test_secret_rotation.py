"""A provider that would delete a Secret to change it, and credentials that end by themselves."""

import base64
import json

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from components import ImagePullSecret, ImagePullSecretArgs
from tests.unit.conftest import Deploy

WARNING = "a changed password would delete this Secret before it is made again"


def declare(
    name: str = "ghcr", password: pulumi.Input[str] = "p", provider: kubernetes.Provider | None = None
) -> None:
    ImagePullSecret(
        name,
        ImagePullSecretArgs(
            namespace="apps", secret_name=name, server="ghcr.io", username="ci-bot", password=password
        ),
        pulumi.ResourceOptions(provider=provider),
    )


def warnings(log: list[tuple[str, str]]) -> list[str]:
    return [message for level, message in log if level == "warning" and message.startswith(WARNING)]


@pytest.mark.parametrize("preview", [True, False])
def test_the_default_provider_as_it_comes(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, preview: bool
) -> None:
    monkeypatch.delenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE")

    def program() -> None:
        declare("one")
        declare("two")

    assert len(warnings(deploy(program, preview=preview).log)) == 1


@pytest.mark.parametrize(("setting", "count"), [(True, 0), (False, 1), (None, 1)])
def test_a_provider_of_ones_own(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, setting: bool | None, count: int
) -> None:
    monkeypatch.delenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE")

    def program() -> None:
        declare(provider=kubernetes.Provider("cluster", enable_secret_mutable=setting))

    assert len(warnings(deploy(program, preview=True).log)) == count


def test_the_default_provider_can_be_configured(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE")
    pulumi.runtime.set_config("kubernetes:enableSecretMutable", "true")
    try:
        assert warnings(deploy(declare).log) == []
    finally:
        pulumi.runtime.set_config("kubernetes:enableSecretMutable", "")


def test_the_end_of_a_password_is_an_output_and_no_secret(deploy: Deploy) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 4102444800}).encode()).decode().rstrip("=")
    token = f"eyJhbGciOiJub25lIn0.{claims}.Quokka"
    deployment = deploy(lambda: declare(password=pulumi.Output.secret(token)), preview=True)
    assert deployment.one("ImagePullSecret").outputs == {
        "secretName": "ghcr",
        "expires": "2100-01-01 00:00 UTC",
    }
    assert claims not in deployment.in_clear()
