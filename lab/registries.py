"""The two image registries: an open one for the lab's own images, a protected one for the applications'.

They are apart so that no credential of the node's hides a missing pull secret.
"""

import subprocess
from pathlib import Path

from lab import network, paths
from lab.control_plane import answers
from lab.errors import LabError
from lab.process import Process

OPEN = f"{network.NODE_ADDRESS}:5000"
PROTECTED = f"{network.NODE_ADDRESS}:5001"
PAUSE_IMAGE = f"{OPEN}/pause:1"

ACCOUNTS = {
    "ci-bot": "lab-only-Quokka7!staple",
    "dev-bot": "dev-only-Quokka7!staple",
    "staging-bot": "staging-only-Quokka7!staple",
    "prod-bot": "prod-only-Quokka7!staple",
}
"""For each stack under `config` the account whose password it holds encrypted; good for the lab only."""
USERNAME = "ci-bot"
PASSWORD = ACCOUNTS[USERNAME]

CONFIGURATION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: false}}}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""

AUTHENTICATION = """\
auth:
  htpasswd: {{realm: lab, path: {htpasswd}}}
"""

HTPASSWD = paths.RUN / "registries" / "htpasswd"


def write_configuration() -> None:
    """Write both registries' configuration, and the accounts that the protected one lacks."""
    HTPASSWD.parent.mkdir(parents=True, exist_ok=True)
    # The open one's images are the tools built: they stay in the cache with them.
    _configuration("open").write_text(CONFIGURATION.format(address=OPEN, storage=paths.cache() / "registry"))
    _configuration("protected").write_text(
        CONFIGURATION.format(address=PROTECTED, storage=paths.RUN / "registries" / "images")
        + AUTHENTICATION.format(htpasswd=HTPASSWD)
    )
    present = _usernames()
    for username, password in ACCOUNTS.items():
        if username not in present:
            set_account(username, password)


def set_account(username: str, password: str) -> None:
    """Add an account to the protected registry, or change its password, from the next request on.

    Raises LabError when htpasswd refuses.
    """
    create = [] if HTPASSWD.exists() else ["-c"]
    # By standard input: arguments are shown to every user of the machine. Bcrypt is all the registry takes.
    command = ["htpasswd", "-i", "-B", *create, str(HTPASSWD), username]
    result = subprocess.run(command, input=password, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(f"htpasswd refused the account {username!r}: {result.stderr.strip()}")


def _usernames() -> set[str]:
    lines = HTPASSWD.read_text().splitlines() if HTPASSWD.exists() else []
    return {line.partition(":")[0] for line in lines}


def open_registry() -> Process:
    """The registry of the lab's own images, readable by all."""
    return _registry("open", OPEN, status=200)


def protected_registry() -> Process:
    """The registry of application images; only an account reads it."""
    return _registry("protected", PROTECTED, status=401)


def _registry(name: str, address: str, status: int) -> Process:
    return Process(
        name=f"registry-{name}",
        command=("docker-registry", "serve", _configuration(name)),
        # Debian's registry sends traces to a collector unless told not to.
        environment={"OTEL_TRACES_EXPORTER": "none"},
        healthy=lambda: answers(f"http://{address}/v2/", status),
    )


def _configuration(name: str) -> Path:
    return HTPASSWD.parent / f"{name}.yaml"
