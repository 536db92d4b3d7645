"""kubectl of the lab, as its administrator."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.errors import LabError


@dataclass(frozen=True)
class Kubectl:
    """The executable that the lab built."""

    executable: Path

    def run(self, *arguments: str, document: str | None = None) -> str:
        """Run it, with a document on its standard input, and return what it prints.

        Raises LabError with what it said when it fails.
        """
        command = [str(self.executable), f"--kubeconfig={paths.KUBECONFIG}", *arguments]
        result = subprocess.run(command, input=document, capture_output=True, text=True, check=False)
        if result.returncode:
            raise LabError(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout
