"""How long to wait for a Knative Service."""

from dataclasses import dataclass

from .durations import seconds

NOT_A_TIMEOUT = "not a length of time. Write it like 90s or 5m"


@dataclass(frozen=True, kw_only=True)
class Wait:
    """For how long a Knative Service may take to be Ready. A failure that will not heal by itself ends it."""

    timeout: str = "5m"
    """Such as `90s` or `5m`."""

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds; None if it is not a positive duration."""
        length = seconds(self.timeout)
        return float(length) if length is not None and length > 0 else None
