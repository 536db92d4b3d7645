"""The lab's network namespace: one node on a bridge of its own, reachable from this machine and no other."""

import json
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import psutil

from lab.errors import LabError

NAMESPACE = "knative-lab"
NAMESPACE_FILE = Path("/run/netns") / NAMESPACE
NODE_ADDRESS = "192.168.77.1"
"""In a private range, so that Knative's resolver speaks plain http to registries on it."""
HOST_ADDRESS = "192.168.77.254"
NODE_NETWORK = "192.168.77.0/24"
POD_NETWORK = "10.77.0.0/16"
SERVICE_NETWORK = "10.78.0.0/16"
API_SERVICE_ADDRESS = "10.78.0.1"

BRIDGE = "lab0"
HOST_LINK = "knative-lab"
NODE_LINK = "host0"

# Not `ip netns exec`: it mounts /sys anew and so hides the cgroups from the kubelet.
ENTER = ("nsenter", f"--net={NAMESPACE_FILE}")


def create() -> None:
    """Create the namespace, its bridge and the link to this machine, if they are not there.

    Raises LabError when this machine uses one of the lab's address ranges for something else.
    """
    if exists():
        return
    _require_free_ranges()
    # What an interrupted creation left.
    _run("ip", "netns", "delete", NAMESPACE, check=False)
    _run("ip", "link", "delete", HOST_LINK, check=False)
    _run("ip", "netns", "add", NAMESPACE)
    inside = ("ip", "-n", NAMESPACE)
    _run(*inside, "link", "set", "lo", "up")
    _run(*inside, "link", "add", BRIDGE, "type", "bridge")
    _run(*inside, "address", "add", f"{NODE_ADDRESS}/24", "dev", BRIDGE)
    _run("ip", "link", "add", HOST_LINK, "type", "veth", "peer", "name", NODE_LINK, "netns", NAMESPACE)
    _run(*inside, "link", "set", NODE_LINK, "master", BRIDGE, "up")
    _run(*inside, "link", "set", BRIDGE, "up")
    # Kubernetes takes the node's address from the interface of the default route.
    _run(*inside, "route", "add", "default", "via", NODE_ADDRESS, "dev", BRIDGE)
    for setting in ("net.ipv4.ip_forward=1", "net.bridge.bridge-nf-call-iptables=1"):
        _run(*ENTER, "sysctl", "-q", "-w", setting)
    _run("ip", "link", "set", HOST_LINK, "up")
    _run("ip", "address", "add", f"{HOST_ADDRESS}/24", "dev", HOST_LINK)
    for network in (POD_NETWORK, SERVICE_NETWORK):
        _run("ip", "route", "add", network, "via", NODE_ADDRESS)


def exists() -> bool:
    """Say whether the namespace and the link to it are whole."""
    return NAMESPACE_FILE.exists() and HOST_LINK in psutil.net_if_addrs()


def delete() -> None:
    """Remove the namespace and the link."""
    _run("ip", "link", "delete", HOST_LINK, check=False)
    _run("ip", "netns", "delete", NAMESPACE, check=False)


def processes() -> Iterator[psutil.Process]:
    """Yield every process whose network is the lab's own (the pods have namespaces of their own)."""
    try:
        namespace = NAMESPACE_FILE.stat().st_ino
    except FileNotFoundError:
        return
    for process in psutil.process_iter():
        try:
            if Path(f"/proc/{process.pid}/ns/net").stat().st_ino == namespace:
                yield process
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def _require_free_ranges() -> None:
    wanted = [IPv4Network(network) for network in (NODE_NETWORK, POD_NETWORK, SERVICE_NETWORK)]
    for route in json.loads(_run("ip", "-json", "-4", "route", "show", "table", "main")):
        if route["dst"] == "default" or route.get("dev") == HOST_LINK:
            continue
        # A wider route does no harm: the lab's own are narrower and so come first.
        if any(IPv4Network(route["dst"]).subnet_of(network) for network in wanted):
            raise LabError(
                f"this machine already routes {route['dst']} to {route.get('dev')}; the lab needs that. "
                f"Remove the route (ip route delete {route['dst']}) and try again"
            )


def _run(*command: str, check: bool = True) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and result.returncode:
        raise LabError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout
