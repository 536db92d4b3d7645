"""Reads the configuration of the current stack, once, before any resource is declared."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from .models import StackConfig
from .problems import InvalidConfig, Problem
from .registries import broken_registries
from .stack_file import NotAStackFileError, parse_object, read
from .validation import USE_A_SECRET, credentials, plaintext_credentials, validate

_FOLDER = Path(__file__).parent


class ConfigError(pulumi.RunError):
    """The stack's configuration cannot be used; the message lists every problem."""


def load() -> StackConfig:
    """Load and validate the configuration of the current stack.

    Raises ConfigError with one line for each problem; no line shows a value.
    """
    project = pulumi.get_project()
    data, problems = _parsed(project)
    try:
        config = validate(data, project=project)
        problems.extend(Problem(project, path, message) for path, message in broken_registries(config))
    except InvalidConfig as error:
        problems.extend(error.problems)
    problems.extend(_encrypted_in_vain(data, project))
    problems.extend(_plaintext(data, project))
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(
            f"The configuration of stack {pulumi.get_stack()} cannot be used:\n{lines}"
        ) from None
    return config


def _parsed(project: str) -> tuple[dict[str, object], list[Problem]]:
    """Parse every key of the project: an object is JSON by the time it gets here."""
    data: dict[str, object] = {}
    problems: list[Problem] = []
    # The public Config can be asked for a key only by name, and a misspelt one has to be found.
    for full_name, text in CONFIG.get().items():
        owner, _, key = full_name.partition(":")
        if owner != project:
            continue
        try:
            data[key] = parse_object(text, project=project, key=key)
        except InvalidConfig as error:
            problems.extend(error.problems)
    return data, problems


def _encrypted_in_vain(data: dict[str, object], project: str) -> list[Problem]:
    return [
        Problem(
            project, (key,), "has an encrypted value, which would be in clear in the cluster. " + USE_A_SECRET
        )
        for key in data
        if key != "registries" and is_config_secret(f"{project}:{key}")
    ]


def _plaintext(data: dict[str, object], project: str) -> list[Problem]:
    """Find the credentials of this stack that are not encrypted.

    One encrypted leaf makes the whole key secret for Pulumi, so the others are looked for in the stack's
    file. A value counts as plain text only when it is the one in use: the CLI may have been pointed to
    another file.
    """
    if not is_config_secret(f"{project}:registries"):
        return plaintext_credentials(data, project=project)
    in_file = _file_of_the_stack(project)
    in_use = dict(credentials(data))
    plain = {path for path, value in credentials(in_file) if value == in_use.get(path)}
    return [problem for problem in plaintext_credentials(in_file, project=project) if problem.path in plain]


def _file_of_the_stack(project: str) -> dict[str, object]:
    try:
        return read(_FOLDER / f"Pulumi.{pulumi.get_stack()}.yaml", project=project)
    except (NotAStackFileError, InvalidConfig):
        return {}
