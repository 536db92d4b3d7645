"""MergedPullSecrets: some entries of a service account's list, beside those of others.

`imagePullSecrets` of a service account is one atomic list for server-side apply
(kubernetes/kubernetes#91250), so no resource of Pulumi's Kubernetes provider can own a part of it. This
dynamic resource changes the list with optimistic concurrency: it reads, computes and writes under the
version it read, and starts again when somebody else was faster.

An entry that names one of our Secrets is ours, whoever wrote it: so a run that was killed between the
change and Pulumi's note of it is repeated without harm.

The state has names only: no credential and no connection beyond the path and the context that were given.
Pulumi keeps a pickled reference to `MergedPullSecretsProvider` in it; do not move or rename the class.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from kubernetes.client import ApiException
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from .cluster import CONNECT_SECONDS, READ_SECONDS, Cluster, core_api
from .pull_secret_list import with_ours, without

RETRY_SECONDS = 60
"""For how long a change is tried again when somebody else changes the service account all the time."""
MISSING_SECONDS = 30
"""For how long a service account may be missing: Kubernetes makes `default` some time after its namespace."""

Properties = dict[str, Any]


class ServiceAccountMissingError(Exception):
    """There is no such service account."""


class MergedPullSecretsProvider(ResourceProvider):
    """Adds and removes our entries of a service account's list."""

    def create(self, props: Properties) -> CreateResult:
        """Add our entries. Waits for a service account that is about to appear."""
        _change(props, lambda current: with_ours(current, props["secret_names"]), wait_for_it=True)
        return CreateResult(
            f"{props['namespace']}/{props['service_account']}", _state(props, props["secret_names"])
        )

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Compare what is there with what shall be; the pickled provider is no difference."""
        replaces = [key for key in ("namespace", "service_account") if olds.get(key) != news.get(key)]
        changed = [key for key in ("secret_names", "kubeconfig", "context") if olds.get(key) != news.get(key)]
        drifted = olds.get("present") != olds.get("secret_names")
        return DiffResult(changes=bool(replaces or changed or drifted), replaces=replaces)

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Add what is missing, remove what is no longer ours."""
        _change(
            news,
            lambda current: with_ours(current, news["secret_names"], previously_ours=olds["secret_names"]),
            wait_for_it=True,
        )
        return UpdateResult(_state(news, news["secret_names"]))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Look which of our entries are there; without the service account, there is no resource."""
        account = _read(core_api(_cluster(props)), props)
        if account is None:
            return ReadResult(None, {})
        there = _names(account)
        return ReadResult(id_, _state(props, [name for name in props["secret_names"] if name in there]))

    def delete(self, _id: str, props: Properties) -> None:
        """Remove our entries, if the service account is still there."""
        _change(props, lambda current: without(current, props["secret_names"]), wait_for_it=False)


class MergedPullSecrets(Resource, module="kubernetes", name="MergedPullSecrets"):
    """Entries of the `imagePullSecrets` of a service account that is not ours."""

    service_account: pulumi.Output[str]
    """The service account's name, known once the entries are there."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        service_account: pulumi.Input[str],
        secret_names: Sequence[pulumi.Input[str]],
        cluster: Cluster,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            MergedPullSecretsProvider(),
            name,
            {
                "namespace": namespace,
                "service_account": service_account,
                "secret_names": list(secret_names),
                "kubeconfig": cluster.kubeconfig,
                "context": cluster.context,
            },
            opts,
        )


def _change(props: Properties, new_list: Callable[[list[str]], list[str]], *, wait_for_it: bool) -> None:
    """Change the list, again when somebody else changed the service account in between.

    A service account that is missing is waited for, or is no work at all.
    """
    api = core_api(_cluster(props))
    for attempt in Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, ApiException) and error.status == 409),
        wait=wait_random(0.05, 0.5),
        stop=stop_after_delay(RETRY_SECONDS),
        reraise=True,
    ):
        with attempt:
            account = _wait_for(api, props) if wait_for_it else _read(api, props)
            if account is not None:
                _write(api, props, account, new_list(_names(account)))


def _wait_for(api: Any, props: Properties) -> Any:
    for attempt in Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, ServiceAccountMissingError)),
        wait=wait_random(0.2, 1),
        stop=stop_after_delay(MISSING_SECONDS),
        reraise=True,
    ):
        with attempt:
            account = _read(api, props)
            if account is None:
                raise ServiceAccountMissingError(
                    f'there is no service account "{props["service_account"]}" in namespace '
                    f'"{props["namespace"]}". Create it, or use mode own'
                )
    return account


def _read(api: Any, props: Properties) -> Any | None:
    try:
        return api.read_namespaced_service_account(
            props["service_account"], props["namespace"], _request_timeout=(CONNECT_SECONDS, READ_SECONDS)
        )
    except ApiException as error:
        if error.status == 404:
            return None
        raise


def _write(api: Any, props: Properties, account: Any, names: list[str]) -> None:
    if names == _names(account):
        return
    # A JSON patch leaves fields alone that this client does not know; replacing the version makes the API
    # server refuse it (409) when the service account has changed since.
    patch: list[dict[str, Any]] = [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": account.metadata.resource_version}
    ]
    if names:
        entries = [{"name": name} for name in names]
        patch.append({"op": "add", "path": "/imagePullSecrets", "value": entries})
    else:
        patch.append({"op": "remove", "path": "/imagePullSecrets"})
    try:
        api.patch_namespaced_service_account(
            props["service_account"],
            props["namespace"],
            patch,
            field_manager="knative-private-registry",
            _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
    except ApiException as error:
        # Gone since it was read. Whether that is an error is for the next reading to say.
        if error.status != 404:
            raise


def _names(account: Any) -> list[str]:
    return [entry.name for entry in account.image_pull_secrets or [] if entry.name]


def _cluster(props: Mapping[str, Any]) -> Cluster:
    return Cluster(kubeconfig=props.get("kubeconfig"), context=props.get("context"))


def _state(props: Mapping[str, Any], present: Sequence[str]) -> Properties:
    kept = ("namespace", "service_account", "secret_names", "kubeconfig", "context")
    return {**{key: props.get(key) for key in kept}, "present": list(present)}
