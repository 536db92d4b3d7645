"""Certificates and the kubeconfig: one authority, one administrator whom every component speaks as."""

import base64
from pathlib import Path

import trustme
import yaml

from lab import network, paths

FOLDER = paths.RUN / "certificates"
AUTHORITY = FOLDER / "authority.pem"
SERVER = FOLDER / "server.pem"
ADMINISTRATOR = FOLDER / "administrator.pem"
SERVICE_ACCOUNT_KEY = FOLDER / "service-account-key.pem"
TOKENS = FOLDER / "tokens.csv"
INGRESS_TOKEN = "ingress-of-the-lab"  # noqa: S105 - opens nothing but a cluster that only this machine reaches.
API_SERVER = f"https://{network.NODE_ADDRESS}:6443"


def write() -> None:
    """Write all of them, if they are not there; the lab's own state depends on the first ones."""
    if paths.KUBECONFIG.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="knative-private-registry lab")
    authority.cert_pem.write_to_path(str(AUTHORITY))
    server = authority.issue_cert(
        network.NODE_ADDRESS,
        network.API_SERVICE_ADDRESS,
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    server.private_key_and_cert_chain_pem.write_to_path(str(SERVER))
    server.private_key_pem.write_to_path(str(SERVICE_ACCOUNT_KEY))
    administrator = authority.issue_cert(
        "administrator.lab", common_name="administrator", organization_name="system:masters"
    )
    administrator.private_key_and_cert_chain_pem.write_to_path(str(ADMINISTRATOR))
    TOKENS.write_text(f'{INGRESS_TOKEN},ingress,ingress,"system:masters"\n')
    for file in FOLDER.iterdir():
        file.chmod(0o600)
    _write_kubeconfig(paths.KUBECONFIG)


def _write_kubeconfig(file: Path) -> None:
    # The data and not the paths, so that the file works wherever it is copied.
    authority, administrator = (_base64(path) for path in (AUTHORITY, ADMINISTRATOR))
    name = "knative-lab"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": API_SERVER, "certificate-authority-data": authority}}
        ],
        "users": [
            {
                "name": name,
                "user": {"client-certificate-data": administrator, "client-key-data": administrator},
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
    }
    partial = file.with_suffix(".partial")
    partial.write_text(yaml.safe_dump(document, sort_keys=False))
    partial.chmod(0o600)
    partial.rename(file)


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
