"""Names of Kubernetes objects as data, so that what uses a name waits for the object."""

from typing import Any

import pulumi


def name_in(metadata: pulumi.Output[Any]) -> pulumi.Output[str]:
    """Give the name in the metadata of an object, known once the object is there."""
    return metadata.apply(lambda known: str(known["name"]))
