"""The catalogue of findings: every problem the rules can report, as data."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops a deployment."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One row of the catalogue."""

    code: str
    number: int
    """The row of the failure catalogue it belongs to."""
    severity: Severity
    meaning: str
    """What goes wrong in a cluster."""
    message: str
    """A `str.format` template; its values are never secret."""
    fix: str
    """What to do, a `str.format` template too."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem with one input."""

    code: str
    severity: Severity
    message: str
    fix: str
    where: str = ""
    """The config key or resource, set by whoever knows it."""

    def at(self, where: str) -> "Finding":
        """Return the finding with the place it was found at."""
        return replace(self, where=where)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}; {self.fix} [{self.code}]"


CATALOGUE: tuple[Kind, ...] = (
    Kind(
        code="docker-config-not-json",
        number=33,
        severity=Severity.ERROR,
        meaning="Both readers refuse the Secret, and with it every other Secret of the same list.",
        message="the docker config is not JSON: {why}",
        fix="give the content of a docker config.json",
    ),
)

_BY_CODE = {kind.code: kind for kind in CATALOGUE}


def make(code: str, **values: object) -> Finding:
    """Return the finding `code` with its templates filled in; `values` must hold no secret."""
    kind = _BY_CODE[code]
    return Finding(
        code=code,
        severity=kind.severity,
        message=kind.message.format(**values),
        fix=kind.fix.format(**values),
    )
