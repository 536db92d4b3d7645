"""Who owns the `imagePullSecrets` of a service account in the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from .cluster import CONNECT_SECONDS, READ_SECONDS, Cluster, core_api

UNRECORDED = "somebody who does not use server-side apply"
"""The API server records owners from the first apply on; what is there before has no name."""


@dataclass(frozen=True)
class ListOwners:
    """The list and the field managers that own it; nothing at all when it cannot be read."""

    names: Sequence[str] = ()
    owners: Sequence[str] = ()
    managers: Sequence[str] = ()
    """Everybody who owns anything of the service account."""

    def seen(self, managers: str) -> bool:
        """Tell whether one of the managers whose names begin so has applied to the service account before."""
        return any(manager.startswith(managers) for manager in self.managers)


def list_owners(cluster: Cluster, namespace: str, service_account: str) -> ListOwners:
    """Read the list of a service account and its owners.

    A service account that does not exist has none, and so has one that cannot be read: the API server has
    the last word anyway, this only says it earlier and better.
    """
    try:
        account = core_api(cluster).read_namespaced_service_account(
            service_account, namespace, _request_timeout=(CONNECT_SECONDS, READ_SECONDS)
        )
    except (ApiException, ConfigException, HTTPError):
        return ListOwners()
    names = [entry.name for entry in account.image_pull_secrets or [] if entry.name]
    entries = account.metadata.managed_fields or []
    if names and not entries:
        return ListOwners(names, owners=[UNRECORDED])
    return ListOwners(
        names,
        owners=[entry.manager for entry in entries if "f:imagePullSecrets" in (entry.fields_v1 or {})],
        managers=[entry.manager for entry in entries],
    )
