"""The one node: containerd, kubelet and kube-proxy, with every folder of theirs below the lab's own."""

import json
import subprocess
from pathlib import Path
from typing import Any

from lab import certificates, machine, network, paths, registries
from lab.control_plane import answers
from lab.process import Process

NAME = "lab"
SOCKET = paths.RUN / "containerd" / "containerd.sock"
SHIMS = paths.RUN / "containerd" / "state" / "io.containerd.runtime.v2.task"
"""Where each shim notes, in `<namespace>/<container>/address`, the socket that it listens on."""
CONFIGURATION = paths.RUN / "configuration"

CONTAINERD = """\
version = 2
root = "{run}/containerd/root"
state = "{run}/containerd/state"
[grpc]
address = "{run}/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
# Without CAP_SYS_RESOURCE a pod's score can't be lowered.
restrict_oom_score_adj = true
# So that a dead lab's namespaces are unmounted with the rest.
netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
# By default runc's state lies below /run/containerd, with that of a containerd of the machine's own.
Root = "{run}/containerd/runc"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{cni_plugins}"
conf_dir = "{run}/configuration/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{run}/configuration/registries"
"""

# Plain http: the registries are reached over a bridge of this machine only.
REGISTRY_HOST = """\
server = "http://{address}"
[host."http://{address}"]
capabilities = ["pull", "resolve"]
"""


def write_configuration() -> None:
    """Write the configuration of containerd, the CNI plugins, kubelet and kube-proxy."""
    containerd = CONTAINERD.format(
        run=paths.RUN, cni_plugins=machine.CNI_PLUGINS, pause=registries.PAUSE_IMAGE
    )
    _write("containerd.toml", containerd)
    for address in (registries.OPEN, registries.PROTECTED):
        _write(f"registries/{address}/hosts.toml", REGISTRY_HOST.format(address=address))
    # JSON is YAML too, and the CNI plugins read nothing else.
    _write("cni/lab.conflist", json.dumps(_cni(), indent=2))
    _write("kubelet.yaml", json.dumps(_kubelet(), indent=2))
    _write("kube-proxy.yaml", json.dumps(_kube_proxy(), indent=2))


def _write(name: str, content: str) -> None:
    file = CONFIGURATION / name
    # kube-proxy ends when its file is written, whatever is in it.
    if not file.exists() or file.read_text() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def containerd() -> Process:
    """The container runtime."""
    return Process(
        name="containerd",
        command=("containerd", "--config", CONFIGURATION / "containerd.toml"),
        healthy=_containerd_answers,
    )


def kubelet(commands: Path) -> Process:
    """The kubelet."""
    return Process(
        name="kubelet",
        command=(
            commands / "kubelet",
            f"--config={CONFIGURATION / 'kubelet.yaml'}",
            f"--kubeconfig={paths.KUBECONFIG}",
            f"--root-dir={paths.RUN / 'kubelet'}",
            f"--cert-dir={paths.RUN / 'kubelet' / 'pki'}",
            f"--hostname-override={NAME}",
            f"--node-ip={network.NODE_ADDRESS}",
        ),
        healthy=lambda: answers(f"http://{network.NODE_ADDRESS}:10248/healthz"),
    )


def kube_proxy(commands: Path) -> Process:
    """The addresses of Services."""
    return Process(
        name="kube-proxy",
        command=(
            commands / "kube-proxy",
            f"--config={CONFIGURATION / 'kube-proxy.yaml'}",
            f"--hostname-override={NAME}",
        ),
        healthy=lambda: answers(f"http://{network.NODE_ADDRESS}:10256/healthz"),
    )


def _containerd_answers() -> bool:
    if not SOCKET.exists():
        return False
    command = ("ctr", "--address", str(SOCKET), "--timeout", "2s", "version")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _cni() -> dict[str, Any]:
    return {
        "cniVersion": "0.4.0",
        "name": "lab",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "pods0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(paths.RUN / "cni"),
                    "ranges": [[{"subnet": network.POD_NETWORK}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _kubelet() -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.NODE_ADDRESS,
        "healthzBindAddress": network.NODE_ADDRESS,
        "authentication": {"x509": {"clientCAFile": str(certificates.AUTHORITY)}},
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [network.NODE_ADDRESS],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "podLogsDir": str(paths.LOGS / "pods"),
        # The machine's own resolver is out of the pods' reach.
        "resolvConf": "",
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 99,
        "imageGCLowThresholdPercent": 98,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "maxPods": 250,
    }


def _kube_proxy() -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": network.NODE_ADDRESS,
        "healthzBindAddress": f"{network.NODE_ADDRESS}:10256",
        "clientConnection": {"kubeconfig": str(paths.KUBECONFIG)},
        "clusterCIDR": network.POD_NETWORK,
        # These limits are the whole machine's, not the namespace's.
        "conntrack": {"maxPerCore": 0, "min": 0},
    }
