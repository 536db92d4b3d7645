"""Knative Serving on the lab's cluster: released manifests, images built here."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab import paths, registries
from lab.images import Image, exists, push
from lab.kubectl import Kubectl

NAMESPACE = "knative-serving"
DEPLOYMENTS = ("activator", "autoscaler", "controller", "webhook")
COMMANDS = (*DEPLOYMENTS, "queue")
MANIFESTS = Path("cmd/operator/kodata/knative-serving/1.15.1")
"""In the module knative.dev/operator, the only one served that carries Knative's released manifests."""
KUSTOMIZATION = Path(__file__).parent / "knative"
MARK = "lab/applied"
"""Annotation of the namespace: the digest of what was last applied whole."""


def push_images(built: Path) -> str:
    """Push Knative's images to the open registry, those it lacks; return their tag, the key of the build."""
    tag = built.name.rpartition("-")[2]
    for command in COMMANDS:
        reference = f"{registries.OPEN}/knative/{command}:{tag}"
        if not exists(reference):
            push(Image(files={"/ko-app": built / command}, entrypoint=("/ko-app",)), reference)
    return tag


def apply(kubectl: Kubectl, manifests: Path, tag: str) -> None:
    """Apply the custom resource definitions, then the rest, unless just that was applied before."""
    crds = (manifests / "1-serving-crds.yaml").read_text()
    core = _customised(kubectl, manifests / "2-serving-core.yaml", tag)
    digest = hashlib.sha256((crds + core).encode()).hexdigest()[:12]
    if _applied(kubectl) == digest:
        return
    server_side = ("apply", "--server-side", "--force-conflicts", "--filename=-")
    kubectl.run(*server_side, document=crds)
    kubectl.run("wait", "--for=condition=Established", "--timeout=60s", "customresourcedefinition", "--all")
    kubectl.run(*server_side, document=core)
    kubectl.run("annotate", "--overwrite", "namespace", NAMESPACE, f"{MARK}={digest}")


def forget_dead_pods(kubectl: Kubectl) -> None:
    """Make it known that all pods are dead, where the kubelet had no time to; before it starts again.

    Knative's own would pass for available, and hold their leases for a minute. Those of Knative Services
    would be found dead by its controller, which then takes their revisions for failed.
    """
    if _applied(kubectl) is None:
        return
    delete = ("delete", "--force", "--grace-period=0")
    kubectl.run(*delete, "pods", "--all-namespaces", "--selector=serving.knative.dev/revision")
    kubectl.run(*delete, "pods,leases", "--namespace", NAMESPACE, "--all")
    kubectl.run(
        *("wait", "--namespace", NAMESPACE, "--for=condition=Available=False"),
        *("--timeout=60s", "deployment", *DEPLOYMENTS),
    )


def wait_available(kubectl: Kubectl, seconds: int = 180) -> None:
    """Return when all of Knative's deployments are available."""
    kubectl.run(
        *("wait", "--namespace", NAMESPACE, "--for=condition=Available"),
        *(f"--timeout={seconds}s", "deployment", *DEPLOYMENTS),
    )


def availability(kubectl: Kubectl) -> Mapping[str, bool]:
    """Return for each of Knative's deployments whether it is available."""
    # An API server whose etcd is dead would be asked for a minute.
    get = ("get", "deployments", "--namespace", NAMESPACE, "--output=json", "--request-timeout=3s")
    found = json.loads(kubectl.run(*get))
    available = {
        deployment["metadata"]["name"]
        for deployment in found["items"]
        for condition in deployment.get("status", {}).get("conditions", [])
        if condition["type"] == "Available" and condition["status"] == "True"
    }
    return {name: name in available for name in DEPLOYMENTS}


def _applied(kubectl: Kubectl) -> str | None:
    found = kubectl.run("get", "namespace", NAMESPACE, "--ignore-not-found", "--output=json")
    annotations = json.loads(found)["metadata"].get("annotations", {}) if found else {}
    return annotations.get(MARK)


def _customised(kubectl: Kubectl, core: Path, tag: str) -> str:
    folder = paths.RUN / "configuration" / "knative"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(core, folder)
    for file in KUSTOMIZATION.iterdir():
        (folder / file.name).write_text(
            file.read_text().replace("REGISTRY", registries.OPEN).replace("TAG", tag)
        )
    return kubectl.run("kustomize", str(folder))
