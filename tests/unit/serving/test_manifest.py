"""The canonical manifest of a Knative Service."""

from typing import Any

import pytest

from components.serving.manifest import canonical, manifest, merge
from components.serving.spec import (
    ExtraContainer,
    KeyOf,
    KnativeServiceSpec,
    Resources,
    Scale,
    TrafficTarget,
    Volume,
)


def test_everything_at_once() -> None:
    spec = KnativeServiceSpec[str](
        name="shop",
        namespace="apps",
        image="ghcr.io/acme/shop:1.0",
        command=["/shop"],
        args=["--verbose", ""],
        port=9000,
        protocol="h2c",
        env={"Z": "1", "A": "", "M": "x"},
        env_from_secrets={"DB": KeyOf(name="db", key="url")},
        env_from_config_maps={"COLOUR": KeyOf(name="theme", key="colour")},
        resources=Resources(requests={"memory": "1024Mi", "cpu": "0.5"}, limits={"cpu": "1000m"}),
        readiness_probe={"httpGet": {"path": "/ready"}, "periodSeconds": 5, "initialDelaySeconds": 0},
        liveness_probe={"tcpSocket": {}},
        volumes={"/etc/tls": Volume(secret="tls", items={"tls.crt": "crt"}, optional=False)},
        container_concurrency=0,
        timeout_seconds=60,
        response_start_timeout_seconds=30,
        idle_timeout_seconds=20,
        scale=Scale(min=0, max=3, initial=1, target=10.0, metric="rps"),
        service_account_name="runner",
        image_pull_secrets=["a", "b"],
        visibility="cluster-local",
        traffic=[
            TrafficTarget(percent=90, revision_name="shop-1"),
            TrafficTarget(percent=10, tag="next"),
            TrafficTarget(percent=0, revision_name="shop-0", tag="old"),
        ],
        rollout_duration="120s",
        revision_name="shop-2",
        labels={"team": "a", "empty": ""},
        annotations={"note": ""},
        revision_labels={"tier": "web"},
        revision_annotations={"autoscaling.knative.dev/window": "60s"},
        containers=[
            ExtraContainer(
                name="proxy",
                image="ghcr.io/acme/proxy:1.0",
                env={"PORT": "1"},
                volumes={"/etc/tls": Volume(config_map="proxy")},
            )
        ],
    )
    assert manifest("unused", spec) == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": "shop",
            "namespace": "apps",
            "labels": {"empty": "", "networking.knative.dev/visibility": "cluster-local", "team": "a"},
            "annotations": {"note": "", "serving.knative.dev/rollout-duration": "120s"},
        },
        "spec": {
            "template": {
                "metadata": {
                    "name": "shop-2",
                    "labels": {"tier": "web"},
                    "annotations": {
                        "autoscaling.knative.dev/initial-scale": "1",
                        "autoscaling.knative.dev/max-scale": "3",
                        "autoscaling.knative.dev/metric": "rps",
                        "autoscaling.knative.dev/min-scale": "0",
                        "autoscaling.knative.dev/target": "10",
                        "autoscaling.knative.dev/window": "60s",
                    },
                },
                "spec": {
                    "containerConcurrency": 0,
                    "timeoutSeconds": 60,
                    "responseStartTimeoutSeconds": 30,
                    "idleTimeoutSeconds": 20,
                    "serviceAccountName": "runner",
                    "imagePullSecrets": [{"name": "a"}, {"name": "b"}],
                    "containers": [
                        {
                            "image": "ghcr.io/acme/shop:1.0",
                            "command": ["/shop"],
                            "args": ["--verbose", ""],
                            "env": [
                                {"name": "A"},
                                {
                                    "name": "COLOUR",
                                    "valueFrom": {"configMapKeyRef": {"name": "theme", "key": "colour"}},
                                },
                                {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
                                {"name": "M", "value": "x"},
                                {"name": "Z", "value": "1"},
                            ],
                            "ports": [{"containerPort": 9000, "name": "h2c"}],
                            "resources": {
                                "requests": {"cpu": "500m", "memory": "1Gi"},
                                "limits": {"cpu": "1"},
                            },
                            "readinessProbe": {"httpGet": {"path": "/ready"}, "periodSeconds": 5},
                            "livenessProbe": {"tcpSocket": {}},
                            "volumeMounts": [{"name": "etc-tls-e26f0c8a", "mountPath": "/etc/tls"}],
                        },
                        {
                            "name": "proxy",
                            "image": "ghcr.io/acme/proxy:1.0",
                            "env": [{"name": "PORT", "value": "1"}],
                            "volumeMounts": [{"name": "etc-tls-68503c5d", "mountPath": "/etc/tls"}],
                        },
                    ],
                    "volumes": [
                        {
                            "name": "etc-tls-e26f0c8a",
                            "secret": {
                                "secretName": "tls",
                                "items": [{"key": "tls.crt", "path": "crt"}],
                                "optional": False,
                            },
                        },
                        {"name": "etc-tls-68503c5d", "configMap": {"name": "proxy"}},
                    ],
                },
            },
            "traffic": [
                {"percent": 90, "revisionName": "shop-1", "latestRevision": False},
                {"percent": 10, "latestRevision": True, "tag": "next"},
                {"percent": 0, "revisionName": "shop-0", "latestRevision": False, "tag": "old"},
            ],
        },
    }


def test_what_is_not_set_is_left_to_knative() -> None:
    assert manifest("hello", KnativeServiceSpec[str](namespace="apps", image="a/b")) == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "hello", "namespace": "apps"},
        "spec": {"template": {"spec": {"containers": [{"image": "a/b"}]}}},
    }


def test_the_order_of_maps_makes_no_difference() -> None:
    def spec(names: list[str]) -> KnativeServiceSpec[str]:
        return KnativeServiceSpec(
            namespace="apps",
            image="a/b",
            env=dict.fromkeys(names, "x"),
            labels=dict.fromkeys(names, "x"),
            resources=Resources(requests=dict.fromkeys(names, "1")),
            volumes={f"/{name}": Volume(secret=name) for name in names},
        )

    one, other = manifest("s", spec(["a", "b", "c"])), manifest("s", spec(["c", "b", "a"]))
    assert repr(one) == repr(other)


def test_memory_needs_the_autoscaler_that_knows_it() -> None:
    spec = KnativeServiceSpec[str](namespace="apps", image="a/b", scale=Scale(metric="memory"))
    assert manifest("s", spec)["spec"]["template"]["metadata"]["annotations"] == {
        "autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev",
        "autoscaling.knative.dev/metric": "memory",
    }


def test_overrides_are_merged_last() -> None:
    spec = KnativeServiceSpec[str](
        namespace="apps",
        image="a/b",
        timeout_seconds=5,
        template_overrides={
            "metadata": {"annotations": {"count": 2, "ratio": 2.0, "on": True}},
            "spec": {
                "timeoutSeconds": None,
                "enableServiceLinks": False,
                "containers": [{"workingDir": "/tmp", "securityContext": {"runAsNonRoot": True}}],  # noqa: S108
                "volumes": [{"name": "scratch", "emptyDir": {}}],
            },
        },
    )
    assert manifest("s", spec)["spec"]["template"] == {
        "metadata": {"annotations": {"count": "2", "on": "true", "ratio": "2"}},
        "spec": {
            "enableServiceLinks": False,
            "containers": [
                {"image": "a/b", "workingDir": "/tmp", "securityContext": {"runAsNonRoot": True}}  # noqa: S108
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    }


def test_volumes_and_variables_of_overrides_join_the_others() -> None:
    spec = KnativeServiceSpec[str](
        namespace="apps",
        image="a/b",
        env={"A": "1", "B": "2"},
        template_overrides={
            "spec": {
                "containers": [
                    {
                        "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
                        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                    }
                ],
                "volumes": [{"name": "scratch", "emptyDir": {}}],
            }
        },
        volumes={"/etc": Volume(secret="x")},
    )
    pod = manifest("s", spec)["spec"]["template"]["spec"]
    assert pod["containers"][0]["env"] == [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "3"},
        {"name": "C", "value": "4"},
    ]
    assert [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]] == ["/etc", "/scratch"]
    assert [sorted(volume) for volume in pod["volumes"]] == [["name", "secret"], ["emptyDir", "name"]]


def test_a_further_container_is_merged_by_its_name() -> None:
    base = {"containers": [{"image": "main"}, {"name": "side", "image": "side"}]}
    assert merge(
        base, {"containers": [{"name": "side", "args": ["x"]}, {"name": "new", "image": "new"}]}
    ) == {
        "containers": [
            {"image": "main"},
            {"name": "side", "image": "side", "args": ["x"]},
            {"name": "new", "image": "new"},
        ]
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"a": None, "b": [], "c": "", "d": {}}, {}),
        ({"a": {"b": {"c": ""}}}, {}),
        ({"emptyDir": {}, "httpGet": {}}, {"emptyDir": {}, "httpGet": {}}),
        ({"percent": 0, "latestRevision": False}, {"percent": 0, "latestRevision": False}),
        ({"readOnly": False, "initialDelaySeconds": 0}, {}),
        ({"args": ["", "x"]}, {"args": ["", "x"]}),
        ({"emptyDir": {"sizeLimit": "1024Mi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}),
        ({"resources": {"claims": [{"name": "x"}]}}, {"resources": {"claims": [{"name": "x"}]}}),
        ({"labels": {"b": "", "a": 1}}, {"labels": {"a": "1", "b": ""}}),
        (
            {"resources": {"limits": {"cpu": 1, "memory": "1024Ki"}, "requests": {}}},
            {"resources": {"limits": {"cpu": "1", "memory": "1Mi"}}},
        ),
    ],
)
def test_canonical(document: dict[str, Any], expected: dict[str, Any]) -> None:
    assert canonical(document) == expected
    assert canonical(expected) == expected


def test_a_probe_header_may_be_empty_and_a_variable_may_not() -> None:
    probe = {"httpGet": {"httpHeaders": [{"name": "A", "value": ""}], "path": ""}}

    assert canonical({"readinessProbe": probe, "env": [{"name": "B", "value": ""}]}) == {
        "readinessProbe": {"httpGet": {"httpHeaders": [{"name": "A", "value": ""}]}},
        "env": [{"name": "B"}],
    }
