"""The fields of a Knative Service, and what becomes of others.

The API server drops a field that it does not know, without a word; Knative's webhook refuses fields that
Kubernetes has and it has not, and some only if a feature is not enabled.

Sources: serving `config/core/300-resources/service.yaml`, `pkg/apis/serving/fieldmask.go`,
`pkg/apis/config/features.go`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .nearest import did_you_mean

Shape = dict[str, Any]
"""Field names with what is below: another shape, a list with the shape of its entries, or ANY."""
ANY: Shape = {}

_KEY_PATHS = [{"key": ANY, "path": ANY, "mode": ANY}]
_OF_SECRET: Shape = {"name": ANY, "key": ANY, "optional": ANY}
_PROBE: Shape = {
    "httpGet": {"host": ANY, "path": ANY, "scheme": ANY, "port": ANY, "httpHeaders": ANY},
    "tcpSocket": {"host": ANY, "port": ANY},
    "exec": {"command": ANY},
    "grpc": {"port": ANY, "service": ANY},
    "initialDelaySeconds": ANY,
    "timeoutSeconds": ANY,
    "periodSeconds": ANY,
    "successThreshold": ANY,
    "failureThreshold": ANY,
}
_CONTAINER: Shape = {
    "name": ANY,
    "image": ANY,
    "command": ANY,
    "args": ANY,
    "workingDir": ANY,
    "env": [
        {"name": ANY, "value": ANY, "valueFrom": {"secretKeyRef": _OF_SECRET, "configMapKeyRef": _OF_SECRET}}
    ],
    "envFrom": [
        {
            "prefix": ANY,
            "secretRef": {"name": ANY, "optional": ANY},
            "configMapRef": {"name": ANY, "optional": ANY},
        }
    ],
    "ports": [{"containerPort": ANY, "name": ANY, "protocol": ANY}],
    "resources": {"requests": ANY, "limits": ANY},
    "readinessProbe": _PROBE,
    "livenessProbe": _PROBE,
    "startupProbe": _PROBE,
    "volumeMounts": [{"name": ANY, "mountPath": ANY, "subPath": ANY, "readOnly": ANY}],
    "securityContext": {
        "allowPrivilegeEscalation": ANY,
        "capabilities": {"drop": ANY},
        "readOnlyRootFilesystem": ANY,
        "runAsGroup": ANY,
        "runAsNonRoot": ANY,
        "runAsUser": ANY,
        "seccompProfile": ANY,
    },
    "imagePullPolicy": ANY,
    "terminationMessagePath": ANY,
    "terminationMessagePolicy": ANY,
}
_POD: Shape = {
    "containerConcurrency": ANY,
    "timeoutSeconds": ANY,
    "responseStartTimeoutSeconds": ANY,
    "idleTimeoutSeconds": ANY,
    "serviceAccountName": ANY,
    "automountServiceAccountToken": ANY,
    "enableServiceLinks": ANY,
    "imagePullSecrets": [{"name": ANY}],
    "containers": [_CONTAINER],
    "volumes": [
        {
            "name": ANY,
            "secret": {"secretName": ANY, "items": _KEY_PATHS, "optional": ANY, "defaultMode": ANY},
            "configMap": {"name": ANY, "items": _KEY_PATHS, "optional": ANY, "defaultMode": ANY},
            "projected": ANY,
            "emptyDir": {"medium": ANY, "sizeLimit": ANY},
        }
    ],
}
_TEMPLATE: Shape = {"metadata": {"name": ANY, "labels": ANY, "annotations": ANY}, "spec": _POD}
SERVICE: Shape = {
    "apiVersion": ANY,
    "kind": ANY,
    "metadata": {"name": ANY, "namespace": ANY, "labels": ANY, "annotations": ANY},
    "spec": {
        "template": _TEMPLATE,
        "traffic": [{"percent": ANY, "revisionName": ANY, "latestRevision": ANY, "tag": ANY}],
    },
}

_NEEDS_FEATURE: Mapping[str, Mapping[str, str]] = {
    "spec.template.spec": {
        "affinity": "kubernetes.podspec-affinity",
        "dnsConfig": "kubernetes.podspec-dnsconfig",
        "dnsPolicy": "kubernetes.podspec-dnspolicy",
        "hostAliases": "kubernetes.podspec-hostaliases",
        "hostIPC": "kubernetes.podspec-hostipc",
        "hostNetwork": "kubernetes.podspec-hostnetwork",
        "hostPID": "kubernetes.podspec-hostpid",
        "initContainers": "kubernetes.podspec-init-containers",
        "nodeSelector": "kubernetes.podspec-nodeselector",
        "priorityClassName": "kubernetes.podspec-priorityclassname",
        "runtimeClassName": "kubernetes.podspec-runtimeclassname",
        "schedulerName": "kubernetes.podspec-schedulername",
        "securityContext": "kubernetes.podspec-securitycontext",
        "shareProcessNamespace": "kubernetes.podspec-shareprocessnamespace",
        "tolerations": "kubernetes.podspec-tolerations",
        "topologySpreadConstraints": "kubernetes.podspec-topologyspreadconstraints",
    },
    "spec.template.spec.volumes[]": {
        "csi": "kubernetes.podspec-volumes-csi",
        "hostPath": "kubernetes.podspec-volumes-hostpath",
        "image": "kubernetes.podspec-volumes-image",
        "persistentVolumeClaim": "kubernetes.podspec-persistent-volume-claim",
    },
    "spec.template.spec.containers[].env[].valueFrom": {
        "fieldRef": "kubernetes.podspec-fieldref",
        "resourceFieldRef": "kubernetes.podspec-fieldref",
    },
    "spec.template.spec.containers[].securityContext.capabilities": {
        "add": "kubernetes.containerspec-addcapabilities"
    },
    "spec.template.spec.containers[].volumeMounts[]": {
        "mountPropagation": "kubernetes.podspec-volumes-mount-propagation"
    },
}
_NEVER: Mapping[str, Collection[str]] = {
    "spec.template.spec": {
        "activeDeadlineSeconds",
        "hostname",
        "nodeName",
        "priority",
        "readinessGates",
        "restartPolicy",
        "subdomain",
        "terminationGracePeriodSeconds",
    },
    "spec.template.spec.containers[]": {"lifecycle", "stdin", "stdinOnce", "tty", "volumeDevices"},
    "spec.template.spec.containers[].ports[]": {"hostIP", "hostPort"},
    "spec.template.spec.containers[].securityContext": {"privileged", "procMount", "seLinuxOptions"},
}
_INSTEAD: Mapping[str, Mapping[str, str]] = {
    "spec.template.spec": {"serviceAccount": "serviceAccountName"},
}


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of a manifest, and what to do."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def unknown_fields(
    document: Mapping[str, Any], *, enabled_features: Collection[str] = ()
) -> Iterator[Problem]:
    """Find the fields that would be dropped or refused."""
    yield from _unknown(document, SERVICE, "", "", enabled_features)


def _unknown(
    document: Mapping[str, Any], shape: Shape, where: str, pattern: str, enabled: Collection[str]
) -> Iterator[Problem]:
    for key, value in document.items():
        here = f"{where}.{key}" if where else key
        if key not in shape:
            if what := _what(key, shape, pattern, enabled):
                yield Problem(here, what)
            continue
        below = shape[key]
        inside = f"{pattern}.{key}" if pattern else key
        if isinstance(below, list) and isinstance(value, list | tuple):
            for index, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    yield from _unknown(entry, below[0], f"{here}[{index}]", f"{inside}[]", enabled)
        elif below and isinstance(below, dict) and isinstance(value, Mapping):
            yield from _unknown(value, below, here, inside, enabled)


def _what(key: str, shape: Shape, pattern: str, enabled: Collection[str]) -> str | None:
    if feature := _NEEDS_FEATURE.get(pattern, {}).get(key):
        if feature in enabled:
            return None
        return (
            f"needs the feature {feature} in Knative's config-features. Remove the field, or enable the "
            "feature there and list it in enabled_features"
        )
    if key in _NEVER.get(pattern, ()):
        return "Knative does not allow this field. Remove it"
    if instead := _INSTEAD.get(pattern, {}).get(key):
        return f"Knative does not allow this field. Use {instead}"
    places = [place for place, keys in _PLACES.items() if key in keys]
    if len(places) == 1:
        return f"would be silently dropped by the API server; belongs at {places[0]}.{key}"
    near = did_you_mean(key, shape)
    if near.startswith("Known:") and (elsewhere := _misspelt_elsewhere(key)):
        return f"would be silently dropped by the API server; belongs at {elsewhere}"
    return f"unknown field, which the API server would silently drop. {near}"


def _misspelt_elsewhere(key: str) -> str | None:
    """Find the one place of a field of nearly this name, such as imagePullSecret."""
    found = [f"{place}.{known}" for place, keys in _PLACES.items() for known in keys if known == f"{key}s"]
    return found[0] if len(found) == 1 else None


def _places(shape: Shape, pattern: str) -> Iterator[tuple[str, Collection[str]]]:
    yield pattern, shape.keys()
    for key, below in shape.items():
        inside = f"{pattern}.{key}" if pattern else key
        if isinstance(below, list):
            yield from _places(below[0], f"{inside}[]")
        elif below:
            yield from _places(below, inside)


_PLACES: Mapping[str, Collection[str]] = dict(_places(SERVICE, ""))
