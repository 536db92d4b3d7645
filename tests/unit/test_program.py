"""The whole program, on the stack `lab` as it is committed."""

import importlib
import json
import os
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import pulumi
import pytest
from ruamel.yaml import YAML

from tests.unit.conftest import PROJECT, SECRET, Deploy, Deployment

ROOT = Path(__file__).parents[2]
PASSWORD = "lab-only-Quokka7!staple"  # documented beside the lab's passphrase
SERVICE = "kubernetes:serving.knative.dev/v1:Service"


def decrypted(stack: str, password: str) -> dict[str, str]:
    """Give a stack's configuration as the CLI passes it on, with one password for every secret."""

    def reveal(value: object) -> object:
        if isinstance(value, Mapping):
            if set(value) == {"secure"}:
                return password
            return {key: reveal(child) for key, child in value.items()}
        return [reveal(child) for child in value] if isinstance(value, list) else value

    values = YAML(typ="safe").load(ROOT / "config" / f"Pulumi.{stack}.yaml")["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(reveal(value)) for key, value in values.items()
    }


@pytest.fixture
def run_program(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    monkeypatch.chdir(ROOT)

    def run(stack: str) -> Deployment:
        pulumi.runtime.set_all_config(decrypted(stack, PASSWORD), [f"{PROJECT}:registries"])
        return deploy(
            lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__") and None, stack=stack
        )

    return run


def test_the_documented_procedure(run_program: Callable[..., Deployment]) -> None:
    deployment = run_program("lab")

    provider = deployment.one("pulumi:providers:kubernetes")
    # The SDK itself passes KUBECONFIG on.
    assert provider.inputs == {"enableSecretMutable": "true", "kubeconfig": os.environ["KUBECONFIG"]}
    secret = deployment.one("kubernetes:core/v1:Secret")
    assert secret.inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "container-registry", "namespace": "default"},
        "stringData": {
            SECRET: {
                ".dockerconfigjson": '{"auths":{"192.168.77.1:5001":{"username":"ci-bot",'
                '"password":"lab-only-Quokka7!staple","email":"ci-bot@example.test",'
                '"auth":"Y2ktYm90OmxhYi1vbmx5LVF1b2trYTchc3RhcGxl"}}}'
            }
        },
    }
    patch = deployment.one("kubernetes:core/v1:ServiceAccountPatch")
    assert patch.inputs["metadata"]["name"] == "default"
    assert patch.inputs["metadata"]["namespace"] == "default"
    assert patch.inputs["imagePullSecrets"] == [{"name": "container-registry"}]
    assert patch.dependencies == {secret.urn}
    service = deployment.one(SERVICE)
    assert service.inputs == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "hello", "namespace": "default"},
        "spec": {
            "template": {
                "spec": {
                    "serviceAccountName": "default",
                    "containers": [
                        {
                            "image": "192.168.77.1:5001/team/hello:1.0",
                            "env": [{"name": "TARGET", "value": "World"}],
                        }
                    ],
                }
            }
        },
    }
    assert service.dependencies == {patch.urn}
    for resource in deployment.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.provider.startswith(provider.urn)
    assert deployment.log == []


@pytest.mark.parametrize(
    ("stack", "accounts", "services"),
    [
        ("dev", ["MergedPullSecrets registry/dev/default"], ["registry/hello"]),
        ("staging", ["ServiceAccount registry/staging/runner"], ["registry/hello"]),
        ("prod", ["ServiceAccount registry/prod/runner"], ["registry/hello", "registry/hello-internal"]),
    ],
)
def test_each_environment_has_a_namespace_and_an_account_of_its_own(
    run_program: Callable[..., Deployment], stack: str, accounts: list[str], services: list[str]
) -> None:
    deployment = run_program(stack)
    assert deployment.one("core/v1:Namespace").inputs["metadata"] == {
        "name": stack,
        "labels": {"environment": stack},
    }
    secret = deployment.one("core/v1:Secret")
    assert secret.inputs["metadata"] == {"name": "container-registry", "namespace": stack}
    assert f'"username":"{stack}-bot"' in secret.inputs["stringData"][SECRET][".dockerconfigjson"]
    assert [
        f"{resource.type.rsplit(':')[-1]} {resource.name}"
        for resource in deployment.resources
        if resource.type.endswith(("core/v1:ServiceAccount", ":MergedPullSecrets"))
    ] == accounts
    assert deployment.named("serving.knative.dev/v1:Service") == services
    for name in services:
        assert deployment.one(SERVICE, name).inputs["metadata"]["namespace"] == stack
    assert deployment.log == []


def test_each_stack_has_a_salt_of_its_own() -> None:
    stacks = ("lab", "dev", "staging", "prod")
    files = [ROOT / "config" / f"Pulumi.{stack}.yaml" for stack in stacks]
    assert len({YAML(typ="safe").load(file)["encryptionsalt"] for file in files}) == len(stacks)


def test_exports_names_and_addresses_and_no_credential(run_program: Callable[..., Deployment]) -> None:
    deployment = run_program("lab")
    assert deployment.exports == {
        "secretNames": {"default": {"lab": "container-registry"}},
        "serviceAccounts": {"default": {"default": "default"}},
        "urls": {"hello": "http://hello.default.example.test"},
        "expires": {"lab": None},
        "coverage": [
            {
                "namespace": "default",
                "knativeService": "hello",
                "image": "192.168.77.1:5001/team/hello:1.0",
                "reader": reader,
                "result": "credential",
                "secrets": "container-registry",
            }
            for reader in ("kubelet", "knative")
        ],
    }
    for form in (PASSWORD, "Y2ktYm90OmxhYi1vbmx5LVF1b2trYTchc3RhcGxl", "bGFiLW9ubHktUXVva2thNyFzdGFwbGU="):
        assert form not in deployment.in_clear()


def test_the_public_names() -> None:
    components = importlib.import_module("components")
    for name in components.__all__:
        assert getattr(components, name) is not None
    assert sorted(components._HOME) == sorted(components.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'Nothing'"):
        _ = components.Nothing
