"""KnativeService: the manifest as it reaches the cluster, and what the component gives back."""

import pulumi
import pytest

from components import KeyOf, KnativeService, KnativeServiceArgs, Resources
from components.errors import ArgumentError
from tests.unit.conftest import SECRET, UNKNOWN, Deploy, unknown

COMPONENT = "knative-private-registry:index:KnativeService"
SERVICE = "kubernetes:serving.knative.dev/v1:Service"


def test_is_the_service_of_the_documented_procedure(deploy: Deploy) -> None:
    def program() -> None:
        KnativeService(
            "hello",
            KnativeServiceArgs(
                namespace="default",
                image="ghcr.io/acme/hello:1.0",
                port=8080,
                env={"TARGET": "World"},
                service_account_name="default",
                image_pull_secrets=["container-registry"],
            ),
        )

    deployment = deploy(program)
    service = deployment.one(SERVICE, "hello")
    assert service.parent == deployment.one(COMPONENT, "hello").urn
    assert service.inputs == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "hello", "namespace": "default"},
        "spec": {
            "template": {
                "spec": {
                    "serviceAccountName": "default",
                    "imagePullSecrets": [{"name": "container-registry"}],
                    "containers": [
                        {
                            "image": "ghcr.io/acme/hello:1.0",
                            "env": [{"name": "TARGET", "value": "World"}],
                            "ports": [{"containerPort": 8080}],
                        }
                    ],
                }
            }
        },
    }
    assert deployment.one(COMPONENT).outputs == {"name": "hello", "url": "http://hello.default.example.test"}
    assert len(deployment.resources) == 2


def test_the_least_it_takes(deploy: Deploy) -> None:
    def program() -> None:
        KnativeService("key", KnativeServiceArgs(name="hello", namespace="apps", image="acme/hello"))

    assert deploy(program).one(SERVICE, "key").inputs == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "hello", "namespace": "apps"},
        "spec": {"template": {"spec": {"containers": [{"image": "acme/hello"}]}}},
    }


def test_values_may_be_outputs(deploy: Deploy) -> None:
    out = pulumi.Output.from_input

    def program() -> None:
        KnativeService(
            "hello",
            KnativeServiceArgs(
                namespace=out("apps"),
                image=out("acme/hello"),
                env={"B": out("1"), "A": out(""), "C": ""},
                env_from_secrets={"D": KeyOf(name=out("db"), key="url")},
                image_pull_secrets=[out("pull")],
                annotations={"a": out("b")},
            ),
        )

    inputs = deploy(program).one(SERVICE).inputs
    assert inputs["metadata"] == {
        "name": "hello",
        "namespace": "apps",
        "annotations": {"a": "b"},
    }
    assert inputs["spec"]["template"]["spec"] == {
        "imagePullSecrets": [{"name": "pull"}],
        "containers": [
            {
                "image": "acme/hello",
                "env": [
                    {"name": "A"},
                    {"name": "B", "value": "1"},
                    {"name": "C"},
                    {"name": "D", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
                ],
            }
        ],
    }


def test_an_unknown_value_hides_nothing_else(deploy: Deploy) -> None:
    def program() -> None:
        KnativeService(
            "hello", KnativeServiceArgs(namespace="apps", image=unknown(), env={"A": "1", "B": unknown()})
        )

    inputs = deploy(program, preview=True).one(SERVICE).inputs
    assert inputs["spec"]["template"]["spec"]["containers"] == [
        {"image": UNKNOWN, "env": [{"name": "A", "value": "1"}, UNKNOWN]}
    ]


def test_a_secret_value_stays_secret(deploy: Deploy) -> None:
    def program() -> None:
        KnativeService(
            "hello",
            KnativeServiceArgs(namespace="apps", image="a/b", env={"A": pulumi.Output.secret("hunter2")}),
        )

    deployment = deploy(program)
    assert "hunter2" not in deployment.in_clear()
    env = deployment.one(SERVICE).inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env == [{SECRET: {"name": "A", "value": "hunter2"}}]


def test_waits_for_what_its_values_come_from(deploy: Deploy) -> None:
    def program() -> None:
        first = KnativeService("first", KnativeServiceArgs(namespace="apps", image="a/b"))
        KnativeService(
            "second", KnativeServiceArgs(namespace="apps", image="a/b", service_account_name=first.name)
        )

    deployment = deploy(program)
    assert deployment.one(SERVICE, "second").dependencies == {deployment.one(SERVICE, "first").urn}


def test_an_amount_that_is_no_quantity_is_refused(deploy: Deploy) -> None:
    def program() -> None:
        KnativeService(
            "hello",
            KnativeServiceArgs(namespace="apps", image="a/b", resources=Resources(limits={"memory": "1 GB"})),
        )

    with pytest.raises(ArgumentError, match=r"^hello: resources: is not a quantity\. Write a number with"):
        deploy(program)
