"""What Knative would refuse in a Service, and what the API server would silently drop from it.

The rules hold offline and before anything is changed. What depends on the settings of a cluster, such as the
largest timeout, is left to Knative.

Sources: serving `pkg/apis/serving/k8s_validation.go` and, in `pkg/apis/serving/v1`, `service_validation.go`,
`revision_validation.go` and `route_validation.go`.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from . import annotations
from .fields import Problem, unknown_fields

_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_RESERVED_PORTS = (8008, 8012, 8013, 8022, 9090, 9091)
_RESERVED_VARIABLES = ("K_SERVICE", "K_CONFIGURATION", "K_REVISION")
_RESERVED_PATHS = ("/", "/dev", "/dev/log")
_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_SOURCES = (
    "secret",
    "configMap",
    "projected",
    "emptyDir",
    "persistentVolumeClaim",
    "hostPath",
    "csi",
    "image",
)


def problems(document: Mapping[str, Any], *, enabled_features: Collection[str] = ()) -> list[Problem]:
    """Find everything that is wrong with the manifest of a Knative Service.

    `enabled_features` are flags of the cluster's config-features that are on. Values that are not plain data
    are not looked at. Never raises for a manifest of the right overall shape.
    """
    found = [
        *unknown_fields(document, enabled_features=enabled_features),
        *annotations.problems(document),
        *_names(document),
        *_traffic(document.get("spec", {}).get("traffic", [])),
        *_pod(document.get("spec", {}).get("template", {}).get("spec", {})),
    ]
    return list(dict.fromkeys(found))


def _names(document: Mapping[str, Any]) -> Iterator[Problem]:
    name = document.get("metadata", {}).get("name")
    if isinstance(name, str) and not _DNS_1035.fullmatch(name):
        yield Problem(
            "metadata.name",
            f'"{name}" is not a name for a Knative Service. Use at most 63 lower-case letters, digits and '
            '"-", starting with a letter and ending with a letter or digit',
        )
    revision = document.get("spec", {}).get("template", {}).get("metadata", {}).get("name")
    if isinstance(revision, str) and not (_DNS_1035.fullmatch(revision) and revision.startswith(f"{name}-")):
        yield Problem(
            "spec.template.metadata.name",
            f'"{revision}" is not a name for a revision of "{name}". Use "{name}-" and then lower-case '
            'letters, digits and "-", at most 63 characters in all',
        )


def _traffic(targets: Any) -> Iterator[Problem]:
    tags: set[str] = set()
    for index, target in enumerate(targets):
        where = f"spec.traffic[{index}]"
        pinned = bool(target.get("revisionName"))
        if target.get("latestRevision") is pinned:
            yield Problem(where, "names either a revision or latestRevision: true. Give one of the two")
        tag = target.get("tag")
        if isinstance(tag, str):
            if not _DNS_1035.fullmatch(tag):
                yield Problem(f"{where}.tag", f'"{tag}" is not a tag. Use a short name such as "next"')
            if tag in tags:
                yield Problem(f"{where}.tag", f'"{tag}" is a tag already. Use another')
            tags.add(tag)
    total = sum(target.get("percent") or 0 for target in targets)
    if targets and total != 100:
        yield Problem("spec.traffic", f"the percentages add up to {total}. Make them 100")


def _pod(pod: Mapping[str, Any]) -> Iterator[Problem]:
    where = "spec.template.spec"
    containers = [entry for entry in pod.get("containers", []) if isinstance(entry, Mapping)]
    if not containers:
        yield Problem(f"{where}.containers", "is empty. Give a container with an image")
    if pod.get("automountServiceAccountToken") is True:
        yield Problem(f"{where}.automountServiceAccountToken", "may only be false. Remove it")
    yield from _pull_secrets(f"{where}.imagePullSecrets", pod.get("imagePullSecrets", []))
    yield from _ports(where, containers)
    names: set[str] = set()
    for index, container in enumerate(containers):
        here = f"{where}.containers[{index}]"
        yield from _container(here, container, is_main=len(containers) == 1 or bool(container.get("ports")))
        name = container.get("name")
        if name == "queue-proxy":
            yield Problem(f"{here}.name", "queue-proxy is Knative's own container. Use another name")
        if name in names:
            yield Problem(f"{here}.name", f'"{name}" is the name of another container already. Use another')
        if isinstance(name, str):
            names.add(name)
    yield from _volumes(where, pod, containers)


def _pull_secrets(where: str, secrets: Any) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, entry in enumerate(secrets):
        here = f"{where}[{index}]"
        if isinstance(entry, str):
            yield Problem(
                here, "must be a mapping with a name, not a string; it would be refused. Write {name: ...}"
            )
        elif isinstance(entry, Mapping):
            name = entry.get("name")
            if name is None:
                yield Problem(here, "has no name; Knative would accept it and fail later. Name a Secret")
            elif isinstance(name, str):
                if name in seen:
                    yield Problem(here, f'"{name}" is in the list already. Remove one of the two')
                seen.add(name)


def _ports(where: str, containers: list[Mapping[str, Any]]) -> Iterator[Problem]:
    ports = [
        (f"{where}.containers[{index}].ports[{number}]", port)
        for index, container in enumerate(containers)
        for number, port in enumerate(container.get("ports", []))
        if isinstance(port, Mapping)
    ]
    if len(ports) > 1:
        yield Problem(ports[1][0], "Knative serves one port of one container only. Remove the others")
    if not ports and len(containers) > 1:
        yield Problem(
            f"{where}.containers", "one of several containers needs a port. Give the main one its port"
        )
    for here, port in ports:
        number = port.get("containerPort")
        if isinstance(number, int) and number in _RESERVED_PORTS:
            yield Problem(f"{here}.containerPort", f"{number} is reserved for Knative. Use another port")
        if isinstance(name := port.get("name"), str) and name not in ("http1", "h2c"):
            yield Problem(
                f"{here}.name", "must be http1 or h2c, which decides the protocol. Change or remove it"
            )
        if isinstance(protocol := port.get("protocol"), str) and protocol != "TCP":
            yield Problem(f"{here}.protocol", "Knative serves TCP only. Remove it")


def _container(where: str, container: Mapping[str, Any], *, is_main: bool) -> Iterator[Problem]:
    if container.get("image") is None:
        yield Problem(f"{where}.image", "is missing. Name an image")
    for index, variable in enumerate(container.get("env", [])):
        if not isinstance(variable, Mapping):
            continue
        here = f"{where}.env[{index}]"
        name = variable.get("name")
        if name in _RESERVED_VARIABLES or (name == "PORT" and is_main):
            yield Problem(f"{here}.name", f"{name} is set by Knative. Use another name")
        if "value" in variable and isinstance(variable["value"], bool | int | float | Mapping | list):
            yield Problem(f"{here}.value", "must be a string. Put it in quotes")
    port = next((port.get("name") for port in container.get("ports", []) if isinstance(port, Mapping)), None)
    for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
        probe = container.get(kind)
        if isinstance(probe, Mapping):
            yield from _probe(f"{where}.{kind}", probe, port)


def _probe(where: str, probe: Mapping[str, Any], port: Any) -> Iterator[Problem]:
    handlers = [handler for handler in _HANDLERS if handler in probe]
    readiness = where.endswith("readinessProbe")
    if len(handlers) > 1 or (not handlers and not readiness):
        yield Problem(where, f"needs one of {', '.join(_HANDLERS)}. Give exactly one")
    for handler in handlers:
        target = probe[handler]
        name = target.get("port") if isinstance(target, Mapping) else None
        if isinstance(name, str) and name != (port or "http"):
            yield Problem(f"{where}.{handler}.port", "names another port than the container's. Leave it out")
    if readiness and not probe.get("periodSeconds"):
        for field in ("failureThreshold", "timeoutSeconds"):
            if probe.get(field):
                yield Problem(
                    f"{where}.{field}", "needs periodSeconds; without, Knative probes in its own way. Set it"
                )


def _volumes(where: str, pod: Mapping[str, Any], containers: list[Mapping[str, Any]]) -> Iterator[Problem]:
    volumes = [entry for entry in pod.get("volumes", []) if isinstance(entry, Mapping)]
    declared: set[Any] = set()
    mounted: set[Any] = set()
    for index, container in enumerate(containers):
        paths: set[str] = set()
        for number, mount in enumerate(container.get("volumeMounts", [])):
            here = f"{where}.containers[{index}].volumeMounts[{number}]"
            mounted.add(mount.get("name"))
            path = mount.get("mountPath")
            if not isinstance(path, str):
                yield Problem(f"{here}.mountPath", "is missing. Give an absolute path")
                continue
            clean = posixpath.normpath(path)
            if not path.startswith("/"):
                yield Problem(f"{here}.mountPath", f'"{path}" is not absolute. Start it with "/"')
            elif clean in _RESERVED_PATHS:
                yield Problem(f"{here}.mountPath", f'"{path}" is reserved. Use another path')
            if clean in paths:
                yield Problem(f"{here}.mountPath", f'"{path}" is mounted already. Use another path')
            paths.add(clean)
    for index, volume in enumerate(volumes):
        here = f"{where}.volumes[{index}]"
        name = volume.get("name")
        if name in declared:
            yield Problem(f"{here}.name", f'"{name}" is the name of another volume already. Use another')
        declared.add(name)
        if name not in mounted:
            yield Problem(here, f'"{name}" is not mounted. Mount it in a container or remove it')
        if sum(source in volume for source in _SOURCES) != 1:
            yield Problem(here, "needs one source, such as secret or configMap. Give exactly one")
    for name in sorted(str(name) for name in mounted - declared):
        yield Problem(f"{where}.volumes", f'"{name}" is mounted and not there. Add it')
