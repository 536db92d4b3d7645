"""Connects to the cluster, for what Pulumi's Kubernetes provider cannot do."""

from dataclasses import dataclass
from typing import Any

from kubernetes import client, config
from kubernetes.config import ConfigException

CONNECT_SECONDS = 5
READ_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Which cluster: by default the current context as kubectl finds it, or the one the program runs in."""

    kubeconfig: str | None = None
    """The path of a kubeconfig file."""
    context: str | None = None


def core_api(cluster: Cluster) -> Any:
    """Give a client of the core/v1 API. Raises kubernetes.config.ConfigException without a cluster."""
    return client.CoreV1Api(api_client(cluster))


def api_client(cluster: Cluster) -> Any:
    """Give a client of the API server. Raises kubernetes.config.ConfigException without a cluster."""
    settings = client.Configuration()
    try:
        config.load_kube_config(
            config_file=cluster.kubeconfig, context=cluster.context, client_configuration=settings
        )
    except ConfigException:
        if cluster.kubeconfig or cluster.context:
            raise
        config.load_incluster_config(client_configuration=settings)
    # The callers know better than the HTTP library what may be repeated.
    settings.retries = False
    return client.ApiClient(settings)
