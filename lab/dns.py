"""The cluster's DNS: CoreDNS follows the Services; every name outside the cluster does not exist."""

from pathlib import Path

from lab import network, paths
from lab.control_plane import answers
from lab.process import Process

NODE = network.NODE_ADDRESS

CONFIGURATION = """\
cluster.local in-addr.arpa ip6.arpa {{
    bind {node}
    errors
    health {node}:8081
    ready {node}:8181
    kubernetes {{
        kubeconfig {kubeconfig}
    }}
}}
. {{
    bind {node}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def write_configuration() -> None:
    """Write the Corefile."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(CONFIGURATION.format(node=NODE, kubeconfig=paths.KUBECONFIG))


def coredns(commands: Path) -> Process:
    """CoreDNS on the node's address."""
    return Process(
        name="coredns",
        command=(commands / "coredns", "-conf", _file()),
        healthy=lambda: answers(f"http://{NODE}:8181/ready"),
    )


def _file() -> Path:
    return paths.RUN / "configuration" / "Corefile"
