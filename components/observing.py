"""Reads a Knative Service and what was made of it, and lets Knative try again."""

from collections.abc import Mapping, Sequence

from .live_objects import CannotReadError, LiveObjects
from .serving.conditions import Cause, is_stuck_pulling, never_ready
from .serving.explanation import Situation
from .serving.pull_credentials import PullSecrets
from .serving.status import Object, Observed, condition, get, name_of

SERVING = "/apis/serving.knative.dev/v1/namespaces"
INGRESSES = "/apis/networking.internal.knative.dev/v1alpha1/namespaces"
CORE = "/api/v1/namespaces"


def knative_services(objects: LiveObjects, namespace: str) -> Mapping[str, Object]:
    """Give the Knative Services of a namespace by name. Raises CannotReadError."""
    return {name_of(service): service for service in objects.list(f"{SERVING}/{namespace}/services")}


def observe(objects: LiveObjects, service: Object) -> Observed:
    """Read what was made of a Knative Service, as far as it may be read."""
    namespace, name = _place(service)
    revision = _latest_revision(objects, service)
    pods: Sequence[Object] = ()
    if revision is not None:
        # By uid: a deleted Revision's pods have the labels of one that was made again under its name.
        uid = get(revision, "metadata", "uid")
        pods = _list(objects, f"{CORE}/{namespace}/pods", f"serving.knative.dev/revisionUID={uid}")
    ingress = None
    if condition(revision, "Ready").get("status") == "True":
        ingress = _get(objects, f"{INGRESSES}/{namespace}/ingresses/{name}")
    return Observed(service=service, revision=revision, pods=pods, ingress=ingress)


def situation(
    objects: LiveObjects, observed: Observed, cause: Cause, commands: Mapping[str, str]
) -> Situation:
    """Read what an explanation needs beyond what has been observed."""
    namespace, name = _place(observed.service)
    template = get(observed.service, "spec", "template", "spec") or {}
    ports = [port for spec in template.get("containers") or () for port in spec.get("ports") or ()]
    return Situation(
        namespace=namespace,
        name=name,
        cause=cause,
        pull_secrets=_pull_secrets(objects, namespace, template),
        revision=name_of(observed.revision) if observed.revision else "",
        commands=commands,
        port=next((port.get("containerPort") for port in ports if port.get("containerPort")), 8080),
    )


def try_again(objects: LiveObjects, observed: Observed) -> str | None:
    """Delete the latest Revision if it was never ready; give the uid of what was deleted.

    Raises CannotReadError if it may not be deleted.
    """
    revision = observed.revision
    if revision is None or not never_ready(observed.service, revision):
        return None
    namespace, _ = _place(observed.service)
    deleted = objects.delete(f"{SERVING}/{namespace}/revisions/{name_of(revision)}", revision)
    return str(get(revision, "metadata", "uid")) if deleted else None


def free_stuck_pods(objects: LiveObjects, namespace: str) -> dict[str, list[str]]:
    """Delete the pods that wait to pull an image again; give their names by Knative Service.

    Their ReplicaSet makes others, with the service account's present list. Raises CannotReadError.
    """
    pods = objects.list(
        f"{CORE}/{namespace}/pods",
        labelSelector="serving.knative.dev/service",
        fieldSelector="status.phase=Pending",
    )
    freed: dict[str, list[str]] = {}
    for pod in pods:
        if is_stuck_pulling(pod) and objects.delete(f"{CORE}/{namespace}/pods/{name_of(pod)}", pod):
            service = get(pod, "metadata", "labels", "serving.knative.dev/service")
            freed.setdefault(service, []).append(name_of(pod))
    return freed


def _place(service: Object) -> tuple[str, str]:
    return get(service, "metadata", "namespace"), name_of(service)


def _latest_revision(objects: LiveObjects, service: Object) -> Object | None:
    namespace, _ = _place(service)
    name = get(service, "status", "latestCreatedRevisionName")
    return _get(objects, f"{SERVING}/{namespace}/revisions/{name}") if name else None


def _pull_secrets(objects: LiveObjects, namespace: str, template: Object) -> PullSecrets:
    account = template.get("serviceAccountName") or "default"
    found = _get(objects, f"{CORE}/{namespace}/serviceaccounts/{account}")
    of_revision = [entry["name"] for entry in template.get("imagePullSecrets") or ()]
    of_account = None if found is None else [entry["name"] for entry in found.get("imagePullSecrets") or ()]
    secrets: dict[str, Object | None] = {}
    for name in (*of_revision, *(of_account or ())):
        try:
            secrets[name] = objects.get(f"{CORE}/{namespace}/secrets/{name}")
        except CannotReadError:
            continue
    return PullSecrets(
        service_account=account, of_revision=of_revision, of_service_account=of_account, secrets=secrets
    )


def _get(objects: LiveObjects, path: str) -> Object | None:
    try:
        return objects.get(path)
    except CannotReadError:
        return None


def _list(objects: LiveObjects, path: str, selector: str) -> Sequence[Object]:
    try:
        return objects.list(path, labelSelector=selector)
    except CannotReadError:
        return ()
