"""Where the lab keeps things."""

import os
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
"""The checkout that this lab belongs to."""

RUN = Path("/var/lib/knative-private-registry")
"""All that a running lab writes; `down` removes it. One per machine, so that a dead one can be taken over."""

LOGS = RUN / "logs"
KUBECONFIG = RUN / "kubeconfig"
PULUMI_STATE = RUN / "pulumi"


def cache() -> Path:
    """Return the folder for what is built once and used by every clone (`$XDG_CACHE_HOME` or `~/.cache`)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "knative-private-registry"
