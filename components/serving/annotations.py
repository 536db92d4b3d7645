"""Annotations and labels that Knative reads.

Sources: serving `pkg/apis/autoscaling/{register,annotation_validation}.go`, `pkg/apis/serving/register.go`,
`pkg/apis/serving/metadata_validation.go`; networking `pkg/apis/networking/register.go` for the visibility.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from .durations import seconds
from .fields import Problem
from .nearest import did_you_mean

GROUP = "autoscaling.knative.dev/"
ROLLOUT_DURATION = "serving.knative.dev/rollout-duration"
PROGRESS_DEADLINE = "serving.knative.dev/progress-deadline"
VISIBILITY = "networking.knative.dev/visibility"
_SET_BY_KNATIVE = ("serving.knative.dev/creator", "serving.knative.dev/lastModifier")

Rule = Callable[[str], str | None]
"""Says what is wrong with a value."""

_HOUR = Decimal(3600)


def _whole_number(least: int) -> Rule:
    def rule(value: str) -> str | None:
        if re.fullmatch(r"[+-]?\d+", value) and int(value) >= least:
            return None
        return f"must be a whole number of at least {least}"

    return rule


def _number(least: float, most: float | None = None, *, also: float | None = None) -> Rule:
    limits = f"at least {least:g}" if most is None else f"from {least:g} to {most:g}"
    or_else = "" if also is None else f", or {also:g}"

    def rule(value: str) -> str | None:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if (number >= least and (most is None or number <= most)) or number == also:
            return None
        return f"must be a number {limits}{or_else}"

    return rule


def _duration(least: int, most: Decimal | None, *, whole: bool = True) -> Rule:
    limits = f"at least {least}s" if most is None else f"from {least}s to {most / 3600:f}h"
    kind = "whole seconds" if whole else "a duration"

    def rule(value: str) -> str | None:
        length = seconds(value)
        if length is None or length < least or (most is not None and length > most):
            return f'must be {kind} {limits}, such as "90s"'
        if whole and length != length.to_integral_value():
            return f'must be {kind} {limits}, such as "90s"'
        return None

    return rule


def _one_of(*words: str) -> Rule:
    return lambda value: None if value in words else f"must be one of {', '.join(words)}"


_AUTOSCALING: Mapping[str, Rule | None] = {
    # Other autoscalers have classes of their own.
    "class": lambda value: (
        None
        if not value.endswith("autoscaling.knative.dev")
        or value in ("kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev")
        else "must be kpa.autoscaling.knative.dev or hpa.autoscaling.knative.dev"
    ),
    "metric": None,
    "target": _number(0.01),
    "target-utilization-percentage": _number(1, 100),
    "target-burst-capacity": _number(0, also=-1),
    "min-scale": _whole_number(0),
    "max-scale": _whole_number(0),
    "initial-scale": _whole_number(0),
    "activation-scale": _whole_number(2),
    "window": _duration(6, _HOUR),
    "scale-down-delay": _duration(0, _HOUR),
    "scale-to-zero-pod-retention-period": _duration(0, _HOUR, whole=False),
    "panic-window-percentage": _number(1, 100),
    "panic-threshold-percentage": _number(110, 1000),
    "metric-aggregation-algorithm": _one_of("linear", "weighted-exponential", "weightedExponential"),
}
_OLD_NAMES = {
    re.sub(r"-(.)", lambda match: match[1].upper(), name): name
    for name in (
        "min-scale",
        "max-scale",
        "initial-scale",
        "scale-down-delay",
        "scale-to-zero-pod-retention-period",
        "target-burst-capacity",
        "target-utilization-percentage",
        "panic-window-percentage",
        "panic-threshold-percentage",
        "metric-aggregation-algorithm",
    )
}


def problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Find annotations and labels that Knative would refuse, ignore or take otherwise than they are meant."""
    metadata = document.get("metadata", {})
    template = document.get("spec", {}).get("template", {}).get("metadata", {})
    yield from _on_service(metadata)
    yield from _on_revision(template.get("annotations", {}))
    for where, labels in (("metadata", metadata), ("spec.template.metadata", template)):
        for kind in ("annotations", "labels"):
            for key, value in labels.get(kind, {}).items():
                if isinstance(value, Mapping | list | tuple):
                    yield Problem(f'{where}.{kind}["{key}"]', "must be a string. Put it in quotes")


def _on_service(metadata: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in metadata.get("annotations", {}).items():
        where = f'metadata.annotations["{key}"]'
        if key.startswith(GROUP):
            yield Problem(
                where,
                "autoscaling annotations must be put under spec.template.metadata.annotations to work. "
                "Use revision_annotations or scale",
            )
        elif key in _SET_BY_KNATIVE:
            yield Problem(where, "Knative sets it and refuses a change. Remove it")
        elif key == ROLLOUT_DURATION and isinstance(value, str) and (what := _duration(0, None)(value)):
            yield Problem(where, what)
    visibility = metadata.get("labels", {}).get(VISIBILITY)
    if isinstance(visibility, str) and visibility != "cluster-local":
        yield Problem(
            f'metadata.labels["{VISIBILITY}"]',
            "any value means cluster-local. Say cluster-local, or omit the label",
        )


def _on_revision(annotations: Mapping[str, Any]) -> Iterator[Problem]:
    where = "spec.template.metadata.annotations"
    known: dict[str, str] = {}
    for key, value in annotations.items():
        here = f'{where}["{key}"]'
        if key == ROLLOUT_DURATION:
            yield Problem(here, "has no effect on a revision; belongs at metadata.annotations")
        if key == PROGRESS_DEADLINE and isinstance(value, str) and (what := _duration(0, None)(value)):
            yield Problem(here, what)
        if not key.startswith(GROUP):
            continue
        name = key.removeprefix(GROUP)
        name = _OLD_NAMES.get(name, name)
        if name not in _AUTOSCALING:
            yield Problem(
                here, f"unknown annotation, which Knative would ignore. {did_you_mean(name, _AUTOSCALING)}"
            )
            continue
        rule = _AUTOSCALING[name]
        if not isinstance(value, str):
            continue
        if rule is not None and (what := rule(value)):
            yield Problem(here, what)
        else:
            known[name] = value
    yield from _together(where, known)


def _together(where: str, known: Mapping[str, str]) -> Iterator[Problem]:
    least, most, first = (int(known.get(f"{name}-scale", 0)) for name in ("min", "max", "activation"))
    if most and least > most:
        yield Problem(
            f'{where}["{GROUP}max-scale"]',
            f"max-scale {most} is less than min-scale {least}. Raise it or lower the other",
        )
    if first and (least > first or (most and most < first)):
        yield Problem(
            f'{where}["{GROUP}activation-scale"]',
            f"activation-scale {first} must lie between min-scale and max-scale. Change one of them",
        )
    metric = known.get("metric")
    kind = known.get("class", f"kpa.{GROUP[:-1]}")
    if metric and kind == f"kpa.{GROUP[:-1]}" and metric not in ("concurrency", "rps"):
        yield Problem(
            f'{where}["{GROUP}metric"]',
            f"must be concurrency or rps, unless {GROUP}class is hpa.{GROUP[:-1]}",
        )
