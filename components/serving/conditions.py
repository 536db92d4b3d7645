"""Why a Knative Service is not Ready, and how long that may last before it counts as failed.

The Service itself says little and late: an image that cannot be pulled shows in it only after the progress
deadline (10 minutes). So this looks at the latest Revision and its pods as well.

Sources: knative.dev/serving v0.42.2 `pkg/apis/serving/v1/*_lifecycle.go` and `pkg/reconciler/revision`,
k8s.io/kubernetes v1.36.3 `pkg/kubelet/images` and `pkg/kubelet/kuberuntime`. Every cause was captured from a
cluster; see tests/unit/serving/captured.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..registry.coverage import Reader
from . import answers
from .status import QUEUE_PROXY, Container, Object, Observed, condition, containers, get, is_observed

LEAST_GRACE = 2
"""For what nothing but a change by somebody mends: a registry may be about to learn of what was just made."""
GRACE_SECONDS = {
    "unauthorized": LEAST_GRACE,
    "forbidden": LEAST_GRACE,
    "not-found": LEAST_GRACE,
    "untrusted-certificate": LEAST_GRACE,
    "plain-http": LEAST_GRACE,
    "malformed-pull-secret": LEAST_GRACE,
    "invalid-image": LEAST_GRACE,
    "denied": LEAST_GRACE,
    "revision-name-taken": LEAST_GRACE,
    "revision-refused": LEAST_GRACE,
    "traffic-target-missing": LEAST_GRACE,
    # Made by somebody else, perhaps right now.
    "service-account-missing": 5,
    "no-such-host": 10,
    "cannot-configure": 10,
    "cannot-start": 10,
    "quota": 15,
    # These come and go. Knative and the kubelet try again after 1, 2, 4, 8, 16 s and 10, 20 s.
    "rate-limited": 30,
    "timeout": 30,
    "unreachable": 30,
    "server-error": 30,
    "knative-may-not-read": 30,
    "other": 30,
    "failed": 30,
    # Kubernetes deletes what a deleted Revision owned a while after it.
    "not-owned": 30,
    # A container may crash until what it needs is there.
    "crash": 30,
    # A cluster with an autoscaler adds a node; an ingress controller may be just starting.
    "unschedulable": 60,
    "no-ingress": 60,
}
"""Seconds for which a cause is put up with. One that is not here is progress, until time is up."""

MAKE_AGAIN = {
    "unauthorized",
    "forbidden",
    "not-found",
    "untrusted-certificate",
    "plain-http",
    "malformed-pull-secret",
    "service-account-missing",
    "no-such-host",
    "quota",
    "denied",
    "rate-limited",
    "timeout",
    "unreachable",
    "server-error",
    "knative-may-not-read",
    "other",
}
"""Causes that are tried again only after a growing delay (up to 17 minutes), though mended by now perhaps.

No container of such a Revision ever ran, so that nothing is lost when it is deleted: Knative makes it anew,
under the same name.
"""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a Knative Service is not Ready."""

    code: str
    """A key of `GRACE_SECONDS`, or one of `unobserved`, `resolving`, `deploying`, `starting`,
    `not-answering`, `routing`."""
    message: str = ""
    """In the words of Knative, Kubernetes or the registry."""
    reader: Reader | None = None
    """Who could not use the image."""
    image: str = ""
    container: str = ""
    exit_code: int | None = None

    @property
    def grace_seconds(self) -> float | None:
        """How long it is put up with; None if it is progress."""
        return GRACE_SECONDS.get(self.code)


def cause(observed: Observed) -> Cause:
    """Say why a Knative Service that is not Ready is not."""
    service = observed.service
    configured = condition(service, "ConfigurationsReady")
    if not is_observed(service) or configured.get("reason") == "OutOfDate":
        return Cause(code="unobserved")
    return (
        _revision_refused(configured)
        or _not_owned(service)
        or _of_revision(observed)
        or _of_pods(observed)
        or _progress_of_revision(observed)
        or _of_route(observed)
    )


def never_ready(service: Object, revision: Object) -> bool:
    """Tell whether a Revision is the latest of a Knative Service, was never ready and has no traffic."""
    name = get(revision, "metadata", "name")
    status = get(service, "status") or {}
    with_traffic = {target.get("revisionName") for target in status.get("traffic") or ()}
    named = {target.get("revisionName") for target in get(service, "spec", "traffic") or ()}
    return (
        status.get("latestCreatedRevisionName") == name
        and status.get("latestReadyRevisionName") != name
        and name not in with_traffic | named
        and condition(revision, "Ready").get("status") != "True"
        and condition(revision, "ContainerHealthy").get("status") != "True"
    )


def is_stuck_pulling(pod: Object) -> bool:
    """Tell whether a pod waits for the kubelet's back-off, of up to five minutes, to pull an image again."""
    return not get(pod, "metadata", "deletionTimestamp") and any(
        container.waiting.get("reason") == "ImagePullBackOff" for container in containers(pod)
    )


def _revision_refused(configured: Object) -> Cause | None:
    message = str(configured.get("message", ""))
    if configured.get("status") != "False" or "Revision creation failed" not in message:
        return None
    code = "revision-name-taken" if message.endswith("already exists.") else "revision-refused"
    return Cause(code=code, message=message)


def _not_owned(service: Object) -> Cause | None:
    for kind in ("ConfigurationsReady", "RoutesReady"):
        found = condition(service, kind)
        if found.get("reason") == "NotOwned":
            return Cause(code="not-owned", message=str(found.get("message", "")))
    return None


_UNRESOLVED = re.compile(r'Unable to fetch image "(?P<image>[^"]*)": (?P<error>.*)', re.DOTALL)


_FAILED = re.compile(r"failed with message: (?P<message>.*)\.", re.DOTALL)


def _of_revision(observed: Observed) -> Cause | None:
    """Read what Knative found out by itself."""
    if observed.revision is None:
        return _of_unread_revision(condition(observed.service, "ConfigurationsReady"))
    healthy = condition(observed.revision, "ContainerHealthy")
    unresolved = _UNRESOLVED.match(str(healthy.get("message", "")))
    if healthy.get("status") == "False" and unresolved:
        return _unreadable(Reader.KNATIVE, unresolved["error"], unresolved["image"])
    available = condition(observed.revision, "ResourcesAvailable")
    if available.get("status") != "False":
        return None
    message, reason = str(available.get("message", "")), available.get("reason")
    if reason == "FailedCreate":
        return Cause(code=_why_no_pod(message), message=message)
    if reason == "Unschedulable":
        return Cause(code="unschedulable", message=message)
    if reason == "NotOwned":
        return Cause(code="not-owned", message=message)
    return None


def _of_unread_revision(configured: Object) -> Cause | None:
    message = str(configured.get("message", ""))
    failed = _FAILED.search(message)
    if configured.get("status") != "False" or failed is None:
        return None
    unresolved = _UNRESOLVED.match(failed["message"])
    if unresolved:
        return _unreadable(Reader.KNATIVE, unresolved["error"], unresolved["image"])
    return Cause(code="failed", message=message)


def _why_no_pod(message: str) -> str:
    if "error looking up service account" in message:
        return "service-account-missing"
    return "quota" if "exceeded quota" in message else "denied"


def _unreadable(reader: Reader, message: str, image: str) -> Cause:
    return Cause(code=answers.kind_of(message), message=message, reader=reader, image=image)


_CANNOT_PULL = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
_CANNOT_NAME = ("InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_CANNOT_START = ("CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError")


def _of_pods(observed: Observed) -> Cause | None:
    """Read what the kubelet and the scheduler know long before Knative says it."""
    for pod in observed.pods:
        if get(pod, "metadata", "deletionTimestamp") or condition(pod, "Ready").get("status") == "True":
            continue
        scheduled = condition(pod, "PodScheduled")
        if scheduled.get("reason") == "Unschedulable":
            return Cause(code="unschedulable", message=str(scheduled.get("message", "")))
        for container in containers(pod):
            found = _of_container(container)
            if found:
                return found
    return None


def _of_container(container: Container) -> Cause | None:
    reason, message = container.waiting.get("reason"), str(container.waiting.get("message", ""))
    image, name = container.image, container.name
    if reason in _CANNOT_PULL:
        return _unreadable(Reader.KUBELET, message, image)
    if reason in _CANNOT_NAME:
        return Cause(code="invalid-image", message=message, reader=Reader.KUBELET, image=image)
    if reason == "CreateContainerConfigError":
        return Cause(code="cannot-configure", message=message, image=image, container=name)
    if reason in _CANNOT_START:
        return Cause(code="cannot-start", message=message, image=image, container=name)
    ended = container.ended
    if not ended or name == QUEUE_PROXY:
        return None
    message = str(ended.get("message", ""))
    if ended.get("reason") in ("StartError", "ContainerCannotRun"):
        return Cause(code="cannot-start", message=message, image=image, container=name)
    if container.restarts < 1 and not reason:
        return None
    if ended.get("reason") == "OOMKilled":
        message = f"it was ended for using more memory than its limit\n{message}".strip()
    return Cause(code="crash", message=message, exit_code=ended.get("exitCode"), image=image, container=name)


def _progress_of_revision(observed: Observed) -> Cause | None:
    revision = observed.revision
    if revision is None:
        return Cause(code="deploying")
    ready = condition(revision, "Ready")
    if ready.get("status") == "True":
        return None
    if ready.get("status") == "False":
        return Cause(code="failed", message=f"{ready.get('reason')}: {ready.get('message', '')}")
    if ready.get("reason") == "ResolvingDigests":
        return Cause(code="resolving")
    running = next(_running(observed), None)
    if running is None:
        return Cause(code="deploying")
    code = "starting" if running.restarts else "not-answering"
    return Cause(code=code, image=running.image, container=running.name)


def _running(observed: Observed) -> Iterator[Container]:
    for pod in observed.pods:
        for container in containers(pod):
            if container.name != QUEUE_PROXY and container.is_running:
                yield container


def _of_route(observed: Observed) -> Cause:
    routed = condition(observed.service, "RoutesReady")
    message, reason = str(routed.get("message", "")), str(routed.get("reason", ""))
    if message.endswith("referenced in traffic not found."):
        return Cause(code="traffic-target-missing", message=message)
    if observed.ingress is not None and not get(observed.ingress, "status", "conditions"):
        return Cause(code="no-ingress", message=message)
    if routed.get("status") == "False":
        return Cause(code="failed", message=f"{reason}: {message}")
    return Cause(code="routing", message=message)
