"""The manifest of a Knative Service, in the form that Knative's webhook leaves as it is.

The webhook decodes a Service into Go types and encodes it again (serving `pkg/apis/serving/v1`,
knative.dev/pkg `webhook/resourcesemantics/defaulting`), so quantities come back canonical and empty values
disappear. A manifest that says the same in another form would differ from the cluster for ever.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .quantity import canonical as canonical_quantity
from .spec import Container, ExtraContainer, KnativeServiceSpec, Scale, TrafficTarget, Volume

API_VERSION = "serving.knative.dev/v1"
KIND = "Service"

Manifest = dict[str, Any]

_MERGED_BY = {"containers": "name", "volumes": "name", "volumeMounts": "mountPath", "env": "name"}
"""The keys by which Kubernetes merges these lists (`patchMergeKey` in core/v1)."""
_STRING_MAPS = {"labels", "annotations", "nodeSelector", "matchLabels"}
"""Mappings of strings, whose empty values mean something."""
_QUANTITIES = {"sizeLimit", "divisor"}
_MEANINGFUL_WHEN_EMPTY = {"emptyDir", "exec", "httpGet", "tcpSocket", "grpc"}
"""One of several: an empty one is still the choice of it (pointers in core/v1)."""
_ZERO_IS_ABSENT = {
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "hostNetwork",
    "hostPID",
    "hostIPC",
}
"""Not pointers, and `omitempty`, in core/v1: 0 and false disappear. So does a revision's timeout of 0."""


def manifest(name: str, spec: KnativeServiceSpec[Any]) -> Manifest:
    """Build the canonical manifest; `name` is used when the spec has none.

    Raises QuantityError for an amount that is not a quantity.
    """
    metadata: Manifest = {
        "name": spec.name or name,
        "namespace": spec.namespace,
        "labels": {
            **spec.labels,
            **({"networking.knative.dev/visibility": spec.visibility} if spec.visibility else {}),
        },
        "annotations": {
            **spec.annotations,
            **(
                {"serving.knative.dev/rollout-duration": spec.rollout_duration}
                if spec.rollout_duration
                else {}
            ),
        },
    }
    template = merge(_template(spec), spec.template_overrides)
    return canonical(
        {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": metadata,
            "spec": {"template": template, "traffic": [_traffic(target) for target in spec.traffic]},
        }
    )


def merge(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> Manifest:
    """Merge overrides into a manifest.

    Mappings are merged, and so are the lists that Kubernetes, too, merges by a key of their entries; None
    removes, anything else replaces.
    """
    merged = dict(base)
    for key, value in overrides.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = merge(below if isinstance(below, Mapping) else {}, value)
        elif key in _MERGED_BY and isinstance(value, list | tuple):
            merged[key] = _merge_lists(below or [], value, by=_MERGED_BY[key])
        else:
            merged[key] = value
    return merged


def _merge_lists(base: Sequence[Manifest], overrides: Sequence[Any], *, by: str) -> list[Any]:
    merged: list[Any] = list(base)
    for override in overrides:
        same = (
            position
            for position, entry in enumerate(merged)
            if isinstance(entry, Mapping)
            and isinstance(override, Mapping)
            and entry.get(by) == override.get(by)
        )
        position = next(same, None)
        if position is None:
            merged.append(override)
        else:
            merged[position] = merge(merged[position], override)
    return merged


def canonical(document: Mapping[str, Any]) -> Manifest:
    """Bring a manifest into the form in which Knative's webhook returns it.

    Quantities are canonical, empty values are left out, annotations are strings. Values that are not plain
    data are kept as they are. Raises QuantityError.
    """
    result: Manifest = {}
    for key, value in document.items():
        if key in _STRING_MAPS and isinstance(value, Mapping):
            value = {name: text(entry) for name, entry in sorted(value.items()) if entry is not None}
        elif key == "resources" and isinstance(value, Mapping):
            value = {
                group: {name: _quantity(amount) for name, amount in sorted(amounts.items())}
                if isinstance(amounts, Mapping)
                else amounts
                for group, amounts in value.items()
                if amounts
            }
        elif key in _QUANTITIES:
            value = _quantity(value)
        elif isinstance(value, Mapping):
            value = canonical(value)
        elif isinstance(value, list | tuple):
            value = [_entry(key, entry) for entry in value]
        if not _absent(key, value):
            result[key] = value
    return result


def _entry(key: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    result = canonical(value)
    # The value of a probe's header is required and may be empty (HTTPHeader in core/v1).
    return {**result, "value": ""} if key == "httpHeaders" and value.get("value") == "" else result


def text(value: Any) -> Any:
    """Write a plain value as the string that an annotation or a label has to be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return value


def _absent(key: str, value: Any) -> bool:
    if value is None or (isinstance(value, str | list) and not value):
        return True
    if isinstance(value, dict) and not value:
        return key not in _MEANINGFUL_WHEN_EMPTY
    return key in _ZERO_IS_ABSENT and isinstance(value, int) and not value


def _quantity(value: Any) -> Any:
    value = text(value)
    return canonical_quantity(value) if isinstance(value, str) else value


def _template(spec: KnativeServiceSpec[Any]) -> Manifest:
    main = _container(spec)
    if spec.port is not None or spec.protocol is not None or spec.containers:
        main["ports"] = [{"containerPort": spec.port or 8080, "name": spec.protocol}]
    volumes = [
        _volume(_volume_name(container, path), volume)
        for container in (spec, *spec.containers)
        for path, volume in sorted(container.volumes.items())
    ]
    return {
        "metadata": {
            "name": spec.revision_name,
            "labels": spec.revision_labels,
            "annotations": {**spec.revision_annotations, **dict(_autoscaling(spec.scale))},
        },
        "spec": {
            "containerConcurrency": spec.container_concurrency,
            "timeoutSeconds": spec.timeout_seconds,
            "responseStartTimeoutSeconds": spec.response_start_timeout_seconds,
            "idleTimeoutSeconds": spec.idle_timeout_seconds,
            "serviceAccountName": spec.service_account_name,
            "imagePullSecrets": [{"name": name} for name in spec.image_pull_secrets],
            "containers": [main, *(_container(extra) for extra in spec.containers)],
            "volumes": volumes,
        },
    }


def _container(container: Container[Any]) -> Manifest:
    return {
        "name": container.name if isinstance(container, ExtraContainer) else None,
        "image": container.image,
        "command": list(container.command),
        "args": list(container.args),
        "env": _env(container),
        "resources": {"requests": container.resources.requests, "limits": container.resources.limits},
        "readinessProbe": container.readiness_probe,
        "livenessProbe": container.liveness_probe,
        "startupProbe": container.startup_probe,
        "volumeMounts": [
            {"name": _volume_name(container, path), "mountPath": path} for path in sorted(container.volumes)
        ],
    }


def _env(container: Container[Any]) -> list[Manifest]:
    env: dict[str, Manifest] = {name: {"value": value} for name, value in container.env.items()}
    for name, key in container.env_from_secrets.items():
        env[name] = {"valueFrom": {"secretKeyRef": {"name": key.name, "key": key.key}}}
    for name, key in container.env_from_config_maps.items():
        env[name] = {"valueFrom": {"configMapKeyRef": {"name": key.name, "key": key.key}}}
    return [{"name": name, **value} for name, value in sorted(env.items())]


def _autoscaling(scale: Scale) -> Iterator[tuple[str, Any]]:
    group = "autoscaling.knative.dev"
    if scale.metric in ("cpu", "memory"):
        yield f"{group}/class", f"hpa.{group}"
    for name, value in (
        ("min-scale", scale.min),
        ("max-scale", scale.max),
        ("initial-scale", scale.initial),
        ("target", scale.target),
        ("metric", scale.metric),
    ):
        if value is not None:
            yield f"{group}/{name}", value


def _traffic(target: TrafficTarget) -> Manifest:
    return {
        "percent": target.percent,
        "revisionName": target.revision_name,
        "latestRevision": target.revision_name is None,
        "tag": target.tag,
    }


def _volume_name(container: Container[Any], path: str) -> str:
    """Name a volume after its path, so that it stays when others come and go."""
    where = f"{container.name}:{path}" if isinstance(container, ExtraContainer) else path
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:40].strip("-")
    return f"{words or 'root'}-{hashlib.sha256(where.encode()).hexdigest()[:8]}"


def _volume(name: str, volume: Volume[Any]) -> Manifest:
    items = [{"key": key, "path": path} for key, path in sorted(volume.items.items())]
    if volume.secret is not None:
        return {
            "name": name,
            "secret": {"secretName": volume.secret, "items": items, "optional": volume.optional},
        }
    return {
        "name": name,
        "configMap": {"name": volume.config_map, "items": items, "optional": volume.optional},
    }
