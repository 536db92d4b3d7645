"""The ingress: Traefik with its Knative provider, as a process on the node."""

import sys
from pathlib import Path

import httpx

from lab import certificates, network
from lab.control_plane import answers
from lab.errors import LabError
from lab.process import Process

NODE = network.NODE_ADDRESS
DOMAIN = "example.test"
PUBLIC_PORT = 8888
PRIVATE_PORT = 8889
URL = f"http://{NODE}:{PUBLIC_PORT}"
"""Where Knative Services are called, with their host name in the Host header."""


def traefik() -> Process:
    """Traefik, from the wheel that lies beside this interpreter."""
    return Process(
        name="traefik",
        command=(
            Path(sys.prefix) / "bin" / "traefik",
            f"--entrypoints.public.address={NODE}:{PUBLIC_PORT}",
            f"--entrypoints.private.address={NODE}:{PRIVATE_PORT}",
            f"--entrypoints.health.address={NODE}:8082",
            "--ping.entrypoint=health",
            "--experimental.knative=true",
            "--providers.knative=true",
            f"--providers.knative.endpoint={certificates.API_SERVER}",
            f"--providers.knative.certauthfilepath={certificates.AUTHORITY}",
            f"--providers.knative.token={certificates.INGRESS_TOKEN}",
            "--providers.knative.publicentrypoints=public",
            "--providers.knative.privateentrypoints=private",
            "--providers.knative.publicservice.namespace=knative-serving",
            "--providers.knative.publicservice.name=ingress-public",
            "--providers.knative.privateservice.namespace=knative-serving",
            "--providers.knative.privateservice.name=ingress-private",
            # Traefik waits two seconds between two changes of its routes by default.
            "--providers.providersthrottleduration=200ms",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
        ),
        healthy=lambda: answers(f"http://{NODE}:8082/ping"),
    )


def call(url: str) -> httpx.Response:
    """Call a Knative Service by its URL, through the ingress.

    Raises LabError when the ingress can't be reached.
    """
    # The domain of the lab's services is known to no resolver.
    target = httpx.URL(url)
    inside = target.copy_with(host=NODE, port=PUBLIC_PORT)
    try:
        return httpx.get(inside, headers={"Host": target.host}, timeout=60, trust_env=False)
    except httpx.TransportError as error:
        raise LabError(f"the ingress {URL} does not answer: {error}; see python -m lab status") from error
