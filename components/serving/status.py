"""The objects that Knative makes of a Knative Service, as the API gives them, and how to read them.

Nothing in an object is sure to be there: a controller writes the status some time after the object exists.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

QUEUE_PROXY = "queue-proxy"
"""Knative's own container in every pod."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A Knative Service, and as much of what was made of it as has been read."""

    service: Object
    revision: Object | None = None
    """The latest created one."""
    pods: Sequence[Object] = ()
    """Those of that revision."""
    ingress: Object | None = None
    """Knative's own (networking.internal.knative.dev), which an ingress controller turns into routes."""


@dataclass(frozen=True)
class Container:
    """The state of one container of a pod."""

    name: str
    image: str
    status: Object
    spec: Object

    @property
    def waiting(self) -> Object:
        """Why it does not run: reason and message."""
        return get(self.status, "state", "waiting") or {}

    @property
    def ended(self) -> Object:
        """How it ended, now or the last time: exitCode, reason and, as Knative asks for, its last lines."""
        return get(self.status, "state", "terminated") or get(self.status, "lastState", "terminated") or {}

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return int(self.status.get("restartCount", 0))

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return bool(get(self.status, "state", "running"))


def get(thing: Object | None, *path: str) -> Any:
    """Give what is at a path, or None."""
    value: Any = thing
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def name_of(thing: Object) -> str:
    """Give the name of an object."""
    return str(get(thing, "metadata", "name"))


def condition(thing: Object | None, kind: str) -> Object:
    """Give a condition of the status; an empty one while there is none."""
    found: Sequence[Object] = get(thing, "status", "conditions") or ()
    return next((entry for entry in found if entry.get("type") == kind), {})


def is_observed(thing: Object) -> bool:
    """Tell whether the status is about the present spec."""
    return bool(get(thing, "status", "observedGeneration") == get(thing, "metadata", "generation"))


def is_ready(service: Object) -> bool:
    """Tell whether a Knative Service is Ready, in its present form."""
    return is_observed(service) and condition(service, "Ready").get("status") == "True"


def containers(pod: Object) -> Iterator[Container]:
    """Give the containers of a pod that have a status, those of the user first."""
    statuses = {status["name"]: status for status in get(pod, "status", "containerStatuses") or ()}
    specs = sorted(get(pod, "spec", "containers") or (), key=lambda spec: spec["name"] == QUEUE_PROXY)
    for spec in specs:
        if spec["name"] in statuses:
            yield Container(spec["name"], spec["image"], statuses[spec["name"]], spec)
