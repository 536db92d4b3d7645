"""The lab's Knative is 1.15; here our manifests meet the Service of the newest release that can be had."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiException, CustomObjectsApi
from ruamel.yaml import YAML
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from components.cluster import Cluster, api_client
from components.serving.manifest import Manifest, manifest, merge
from lab import build, paths
from lab.progress import Progress
from tests.lab.generated_services import COUNT, generated_services
from tests.lab.running_lab import RunningLab

pytestmark = pytest.mark.scenario

OF_THE_LAB = "serving.knative.dev"
DEFINITION = Path("config/core/300-resources/service.yaml")
"""In the module that lab/tools/knative-newest pins."""


@pytest.fixture(scope="module")
def namespace(lab: RunningLab) -> Iterator[str]:
    with lab.new_namespace("newest") as name:
        yield name


@pytest.fixture(scope="module")
def newest(lab: RunningLab) -> Iterator[str]:
    """A group of its own under which the API server has the newest Service, beside the lab's."""
    group = f"newest-{secrets.token_hex(3)}.example.test"
    definition = _definition(group)
    lab.kubectl.run("create", "--filename=-", document=json.dumps(definition))
    try:
        _wait_until_served(group)
        yield group
    finally:
        lab.kubectl.run("delete", "customresourcedefinition", definition["metadata"]["name"])


@pytest.fixture(scope="module")
def manifests(namespace: str) -> list[Manifest]:
    """The same that test_generated_services.py deploys."""
    return [manifest(name, spec) for name, spec in generated_services(namespace).items()]


def test_strict_validation_accepts_every_manifest(newest: str, manifests: list[Manifest]) -> None:
    assert len(manifests) == COUNT
    assert [refusal for document in manifests if (refusal := _refusal(newest, document))] == []


def test_strict_validation_refuses_a_misspelt_field(newest: str, manifests: list[Manifest]) -> None:
    misspelt = merge(manifests[0], {"spec": {"template": {"spec": {"containerConcurency": 1}}}})
    unknown = 'unknown field \\"spec.template.spec.containerConcurency\\"'
    assert unknown in _refusal(newest, misspelt)


def test_the_newest_knows_more_than_the_lab(newest: str, manifests: list[Manifest]) -> None:
    on_the_host = merge(manifests[0], {"spec": {"template": {"spec": {"hostNetwork": True}}}})
    assert 'unknown field \\"spec.template.spec.hostNetwork\\"' in _refusal(OF_THE_LAB, on_the_host)
    assert _refusal(newest, on_the_host) == ""


def _definition(group: str) -> Any:
    """Read the newest definition of a Service, and give it another group."""
    module = build.module_folder("knative-newest", "knative.dev/serving", Progress())
    definition = YAML(typ="safe").load(module / DEFINITION)
    names = definition["spec"]["names"]
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {
            "group": group,
            # Short names and categories belong to the lab's own.
            "names": {key: names[key] for key in ("kind", "plural", "singular")},
            "scope": definition["spec"]["scope"],
            "versions": definition["spec"]["versions"],
        },
    }


@retry(
    retry=retry_if_exception_type(ApiException), stop=stop_after_delay(30), wait=wait_fixed(0.2), reraise=True
)
def _wait_until_served(group: str) -> None:
    _custom_objects().list_cluster_custom_object(group, "v1", "services")


def _refusal(group: str, document: Manifest) -> str:
    """Return what the API server has against a manifest, down to its last field; nothing is created."""
    try:
        _custom_objects().create_namespaced_custom_object(
            group,
            "v1",
            document["metadata"]["namespace"],
            "services",
            {**document, "apiVersion": f"{group}/v1"},
            dry_run="All",
            field_validation="Strict",
        )
    except ApiException as error:
        return str(error.body)
    return ""


def _custom_objects() -> CustomObjectsApi:
    return CustomObjectsApi(api_client(Cluster(kubeconfig=str(paths.KUBECONFIG))))
