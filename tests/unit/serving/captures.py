"""Statuses that a cluster gave, one file for each situation.

Each was produced on the lab and stripped: no managed fields, no Secrets, only the parts that are read.
"""

import json
from pathlib import Path
from typing import Any

from components.serving.status import Observed

CAPTURED = Path(__file__).parent / "captured"


def captured(name: str) -> Any:
    """Give the objects of a situation."""
    return json.loads((CAPTURED / f"{name}.json").read_text(encoding="utf-8"))


def observed(name: str) -> Observed:
    """Give a situation as it is observed."""
    found = captured(name)
    return Observed(
        service=found["service"],
        revision=found["revision"],
        pods=found["pods"],
        ingress=found["ingress"],
    )
