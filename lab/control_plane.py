"""etcd and the three processes of the Kubernetes control plane."""

import ssl
from pathlib import Path

import httpx

from lab import certificates, network, paths
from lab.process import Process

NODE = network.NODE_ADDRESS


def answers(url: str, status: int = 200) -> bool:
    """Say whether a health endpoint answers as it should, within two seconds."""
    # The components make up certificates for their health ports.
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    try:
        return httpx.get(url, timeout=2, verify=unverified, trust_env=False).status_code == status
    except httpx.HTTPError:
        return False


def etcd() -> Process:
    """The store of the API server."""
    client = f"http://{NODE}:2379"
    return Process(
        name="etcd",
        command=(
            "etcd",
            f"--data-dir={paths.RUN / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls=http://{NODE}:2380",
            "--logger=zap",
        ),
        healthy=lambda: answers(f"{client}/health"),
    )


def api_server(commands: Path) -> Process:
    """The API server; `commands` is the folder with the Kubernetes commands."""
    return Process(
        name="kube-apiserver",
        command=(
            commands / "kube-apiserver",
            f"--etcd-servers=http://{NODE}:2379",
            f"--advertise-address={NODE}",
            f"--bind-address={NODE}",
            f"--service-cluster-ip-range={network.SERVICE_NETWORK}",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            f"--client-ca-file={certificates.AUTHORITY}",
            f"--tls-cert-file={certificates.SERVER}",
            f"--tls-private-key-file={certificates.SERVER}",
            f"--kubelet-client-certificate={certificates.ADMINISTRATOR}",
            f"--kubelet-client-key={certificates.ADMINISTRATOR}",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={certificates.SERVICE_ACCOUNT_KEY}",
            f"--service-account-signing-key-file={certificates.SERVICE_ACCOUNT_KEY}",
            f"--token-auth-file={certificates.TOKENS}",
        ),
        healthy=lambda: answers(f"{certificates.API_SERVER}/readyz"),
    )


def controller_manager(commands: Path) -> Process:
    """The controllers of Kubernetes."""
    return Process(
        name="kube-controller-manager",
        command=(
            commands / "kube-controller-manager",
            f"--kubeconfig={paths.KUBECONFIG}",
            f"--bind-address={NODE}",
            f"--root-ca-file={certificates.AUTHORITY}",
            f"--service-account-private-key-file={certificates.SERVICE_ACCOUNT_KEY}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
        ),
        healthy=lambda: answers(f"https://{NODE}:10257/healthz"),
    )


def scheduler(commands: Path) -> Process:
    """The scheduler."""
    return Process(
        name="kube-scheduler",
        command=(
            commands / "kube-scheduler",
            f"--kubeconfig={paths.KUBECONFIG}",
            f"--bind-address={NODE}",
            "--leader-elect=false",
        ),
        healthy=lambda: answers(f"https://{NODE}:10259/healthz"),
    )
