"""What Knative would refuse, and what would be dropped without a word: the message of each."""

from typing import Any

import pytest

from components.serving.checks import problems
from components.serving.manifest import manifest
from components.serving.spec import ExtraContainer, KnativeServiceSpec, Scale, TrafficTarget, Volume


def found(*, features: tuple[str, ...] = (), name: str = "hello", **values: Any) -> list[str]:
    spec = KnativeServiceSpec[str](**{"namespace": "apps", "image": "ghcr.io/acme/hello:1.0", **values})
    return [str(problem) for problem in problems(manifest(name, spec), enabled_features=features)]


def overridden(**template: Any) -> list[str]:
    return found(template_overrides=template)


def test_nothing_is_wrong_with_a_good_one() -> None:
    assert (
        found(
            port=8080,
            protocol="http1",
            readiness_probe={"httpGet": {"path": "/", "port": "http1"}},
            volumes={"/etc/x": Volume(secret="x")},
            containers=[ExtraContainer(name="side", image="a/b", env={"PORT": "1"})],
            scale=Scale(min=1, max=2, initial=1, target=0.5, metric="rps"),
            traffic=[TrafficTarget(percent=100)],
            rollout_duration="2m",
            visibility="cluster-local",
            revision_name="hello-1",
        )
        == []
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        # Row 38: pull secrets in the wrong form or place.
        (
            {"spec": {"imagePullSecrets": ["ghcr"]}},
            "spec.template.spec.imagePullSecrets[0]: must be a mapping with a name, not a string; it would be "
            "refused. Write {name: ...}",
        ),
        (
            {"spec": {"imagePullSecrets": [{"name": ""}]}},
            "spec.template.spec.imagePullSecrets[0]: has no name; Knative would accept it and fail later. "
            "Name a Secret",
        ),
        (
            {"spec": {"imagePullSecrets": [{"name": "a"}, {"name": "a"}]}},
            'spec.template.spec.imagePullSecrets[1]: "a" is in the list already. Remove one of the two',
        ),
        (
            {"imagePullSecrets": [{"name": "a"}]},
            "spec.template.imagePullSecrets: would be silently dropped by the API server; belongs at "
            "spec.template.spec.imagePullSecrets",
        ),
        (
            {"spec": {"containers": [{"imagePullSecrets": [{"name": "a"}]}]}},
            "spec.template.spec.containers[0].imagePullSecrets: would be silently dropped by the API server; "
            "belongs at spec.template.spec.imagePullSecrets",
        ),
        (
            {"spec": {"imagePullSecret": "a"}},
            "spec.template.spec.imagePullSecret: unknown field, which the API server would silently drop. "
            'Did you mean "imagePullSecrets"?',
        ),
        (
            {"spec": {"containers": [{"imagePullSecret": "a"}]}},
            "spec.template.spec.containers[0].imagePullSecret: unknown field, which the API server would "
            'silently drop. Did you mean "imagePullPolicy"?',
        ),
        # Row 40.
        (
            {"spec": {"serviceAccount": "x"}},
            "spec.template.spec.serviceAccount: Knative does not allow this field. Use serviceAccountName",
        ),
        # Row 50: annotations of the autoscaler.
        (
            {"metadata": {"annotations": {"autoscaling.knative.dev/minscale": "1"}}},
            'spec.template.metadata.annotations["autoscaling.knative.dev/minscale"]: unknown annotation, which '
            'Knative would ignore. Did you mean "min-scale"?',
        ),
        (
            {"metadata": {"annotations": {"autoscaling.knative.dev/min-scale": ["1"]}}},
            'spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: must be a string. '
            "Put it in quotes",
        ),
        (
            {"metadata": {"annotations": {"autoscaling.knative.dev/window": "5s"}}},
            'spec.template.metadata.annotations["autoscaling.knative.dev/window"]: must be whole seconds from 6s '
            'to 1h, such as "90s"',
        ),
        (
            {"metadata": {"annotations": {"autoscaling.knative.dev/target-burst-capacity": "-2"}}},
            'spec.template.metadata.annotations["autoscaling.knative.dev/target-burst-capacity"]: must be a '
            "number at least 0, or -1",
        ),
        (
            {"metadata": {"annotations": {"autoscaling.knative.dev/metric": "memory"}}},
            'spec.template.metadata.annotations["autoscaling.knative.dev/metric"]: must be concurrency or rps, '
            "unless autoscaling.knative.dev/class is hpa.autoscaling.knative.dev",
        ),
        (
            {"metadata": {"annotations": {"serving.knative.dev/rollout-duration": "60s"}}},
            'spec.template.metadata.annotations["serving.knative.dev/rollout-duration"]: has no effect on a '
            "revision; belongs at metadata.annotations",
        ),
        # Row 52: reserved names, ports and fields.
        (
            {"spec": {"nodeSelector": {"a": "b"}}},
            "spec.template.spec.nodeSelector: needs the feature kubernetes.podspec-nodeselector in Knative's "
            "config-features. Remove the field, or enable the feature there and list it in enabled_features",
        ),
        (
            {"spec": {"restartPolicy": "Always"}},
            "spec.template.spec.restartPolicy: Knative does not allow this field. Remove it",
        ),
        (
            {"spec": {"containers": [{"ports": [{"containerPort": 80}, {"containerPort": 81}]}]}},
            "spec.template.spec.containers[0].ports[1]: Knative serves one port of one container only. "
            "Remove the others",
        ),
        (
            {"spec": {"containers": [{"ports": [{"containerPort": 80, "protocol": "UDP"}]}]}},
            "spec.template.spec.containers[0].ports[0].protocol: Knative serves TCP only. Remove it",
        ),
        (
            {
                "spec": {
                    "containers": [{"name": "queue-proxy", "image": "x/y"}, {"ports": [{"containerPort": 1}]}]
                }
            },
            "spec.template.spec.containers[1].name: queue-proxy is Knative's own container. Use another name",
        ),
        (
            {"spec": {"automountServiceAccountToken": True}},
            "spec.template.spec.automountServiceAccountToken: may only be false. Remove it",
        ),
        (
            {"spec": {"volumes": [{"name": "x", "emptyDir": {}}]}},
            'spec.template.spec.volumes[0]: "x" is not mounted. Mount it in a container or remove it',
        ),
        (
            {"spec": {"containers": [{"volumeMounts": [{"name": "x", "mountPath": "/x"}]}]}},
            'spec.template.spec.volumes: "x" is mounted and not there. Add it',
        ),
        (
            {"spec": {"containers": [{"resources": {"limit": {"cpu": "1"}}}]}},
            "spec.template.spec.containers[0].resources.limit: unknown field, which the API server would "
            'silently drop. Did you mean "limits"?',
        ),
        (
            {"spec": {"contaners": [{"image": "x"}]}},
            "spec.template.spec.contaners: unknown field, which the API server would silently drop. "
            'Did you mean "containers"?',
        ),
        (
            {"spec": {"containers": [{"imgae": "x"}]}},
            "spec.template.spec.containers[0].imgae: unknown field, which the API server would silently drop. "
            'Did you mean "image"?',
        ),
    ],
)
def test_overrides(template: dict[str, Any], message: str) -> None:
    assert overridden(**template) == [message]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        # Row 49: names.
        (
            {"name": "a" * 64},
            f'metadata.name: "{"a" * 64}" is not a name for a Knative Service. Use at most 63 lower-case '
            'letters, digits and "-", starting with a letter and ending with a letter or digit',
        ),
        (
            {"name": "a.b"},
            'metadata.name: "a.b" is not a name for a Knative Service. Use at most 63 lower-case '
            'letters, digits and "-", starting with a letter and ending with a letter or digit',
        ),
        (
            {"name": "1a"},
            'metadata.name: "1a" is not a name for a Knative Service. Use at most 63 lower-case '
            'letters, digits and "-", starting with a letter and ending with a letter or digit',
        ),
        (
            {"revision_name": "other-1"},
            'spec.template.metadata.name: "other-1" is not a name for a revision of "hello". Use "hello-" and '
            'then lower-case letters, digits and "-", at most 63 characters in all',
        ),
        # Row 50.
        (
            {"annotations": {"autoscaling.knative.dev/min-scale": "1"}},
            'metadata.annotations["autoscaling.knative.dev/min-scale"]: autoscaling annotations must be put '
            "under spec.template.metadata.annotations to work. Use revision_annotations or scale",
        ),
        (
            {"scale": Scale(min=3, max=2)},
            'spec.template.metadata.annotations["autoscaling.knative.dev/max-scale"]: max-scale 2 is less than '
            "min-scale 3. Raise it or lower the other",
        ),
        (
            {"scale": Scale(target=0.001)},
            'spec.template.metadata.annotations["autoscaling.knative.dev/target"]: must be a number at least 0.01',
        ),
        (
            {"scale": Scale(min=-1)},
            'spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: must be a whole number of '
            "at least 0",
        ),
        # Row 51.
        (
            {"labels": {"networking.knative.dev/visibility": "public"}},
            'metadata.labels["networking.knative.dev/visibility"]: any value means cluster-local. '
            "Say cluster-local, or omit the label",
        ),
        # Row 52.
        (
            {"traffic": [TrafficTarget(percent=50), TrafficTarget(percent=40, revision_name="hello-1")]},
            "spec.traffic: the percentages add up to 90. Make them 100",
        ),
        (
            {"traffic": [TrafficTarget(percent=100, tag="x"), TrafficTarget(percent=0, tag="x")]},
            'spec.traffic[1].tag: "x" is a tag already. Use another',
        ),
        (
            {"port": 8012},
            "spec.template.spec.containers[0].ports[0].containerPort: 8012 is reserved for Knative. "
            "Use another port",
        ),
        (
            {"env": {"K_SERVICE": "x"}},
            "spec.template.spec.containers[0].env[0].name: K_SERVICE is set by Knative. Use another name",
        ),
        (
            {"env": {"PORT": "80"}},
            "spec.template.spec.containers[0].env[0].name: PORT is set by Knative. Use another name",
        ),
        (
            {"containers": [ExtraContainer(name="queue-proxy", image="a/b")]},
            "spec.template.spec.containers[1].name: queue-proxy is Knative's own container. Use another name",
        ),
        (
            {"rollout_duration": "90"},
            'metadata.annotations["serving.knative.dev/rollout-duration"]: must be whole seconds at least 0s, '
            'such as "90s"',
        ),
        (
            {"rollout_duration": "1.5s"},
            'metadata.annotations["serving.knative.dev/rollout-duration"]: must be whole seconds at least 0s, '
            'such as "90s"',
        ),
        (
            {"annotations": {"serving.knative.dev/creator": "me"}},
            'metadata.annotations["serving.knative.dev/creator"]: Knative sets it and refuses a change. '
            "Remove it",
        ),
        (
            {"readiness_probe": {"httpGet": {}, "tcpSocket": {}}},
            "spec.template.spec.containers[0].readinessProbe: needs one of httpGet, tcpSocket, exec, grpc. "
            "Give exactly one",
        ),
        (
            {"liveness_probe": {"periodSeconds": 3}},
            "spec.template.spec.containers[0].livenessProbe: needs one of httpGet, tcpSocket, exec, grpc. "
            "Give exactly one",
        ),
        (
            {"readiness_probe": {"httpGet": {"port": "web"}}},
            "spec.template.spec.containers[0].readinessProbe.httpGet.port: names another port than the "
            "container's. Leave it out",
        ),
        (
            {"readiness_probe": {"tcpSocket": {}, "failureThreshold": 2}},
            "spec.template.spec.containers[0].readinessProbe.failureThreshold: needs periodSeconds; without, "
            "Knative probes in its own way. Set it",
        ),
        (
            {"volumes": {"etc": Volume(secret="x")}},
            'spec.template.spec.containers[0].volumeMounts[0].mountPath: "etc" is not absolute. '
            'Start it with "/"',
        ),
        (
            {"volumes": {"/dev": Volume(secret="x")}},
            'spec.template.spec.containers[0].volumeMounts[0].mountPath: "/dev" is reserved. Use another path',
        ),
        (
            {"volumes": {"/a": Volume(secret="x"), "/a/": Volume(secret="x")}},
            'spec.template.spec.containers[0].volumeMounts[1].mountPath: "/a/" is mounted already. '
            "Use another path",
        ),
        (
            {"volumes": {"/a": Volume()}},
            "spec.template.spec.volumes[0]: needs one source, such as secret or configMap. Give exactly one",
        ),
    ],
)
def test_arguments(values: dict[str, Any], message: str) -> None:
    assert found(**values) == [message]


def test_an_enabled_feature_is_no_problem() -> None:
    overrides = {"spec": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "x"}]}}
    features = ("kubernetes.podspec-nodeselector", "kubernetes.podspec-tolerations")
    assert found(template_overrides=overrides, features=features) == []


def test_old_names_of_annotations_are_known() -> None:
    annotations = {"autoscaling.knative.dev/minScale": "1", "autoscaling.knative.dev/maxScale": "2"}
    assert found(revision_annotations=annotations) == []
