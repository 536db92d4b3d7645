"""`kpr check`: a stack's file in, every image's credential for both readers and every finding out.

Offline and without the stack's passphrase, so that it also works where neither is at hand, such as in a pull
request from a fork.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from components.registry import findings
from components.registry.coverage import Coverage, Reader, Report
from components.registry.findings import Finding, Severity
from components.serving import pull_secrets
from config.problems import InvalidConfig, dotted
from config.specs import knative_service_spec, namespace_spec, registry_spec, resolver_spec
from config.stack_file import NotAStackFileError, read
from config.validation import plaintext_credentials, validate

CLEAN, FOUND, UNUSABLE = 0, 1, 2
"""The exit status: nothing worse than warnings, a finding of severity error, a file that can't be used."""

TABLE_WIDTH = 160
"""Columns where the output is no terminal."""


@dataclass(frozen=True)
class Row:
    """What both readers do with one image of one Knative Service."""

    kubelet: Coverage
    knative: Coverage

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of both."""
        return tuple(dict.fromkeys((*self.kubelet.findings, *self.knative.findings)))

    @property
    def credential(self) -> str:
        """The Secrets and accounts that are used, each once."""
        used = {}
        for reader in (self.kubelet, self.knative):
            used.update(dict.fromkeys(zip(reader.secrets, reader.usernames, strict=False)))
        return ", ".join(f"{secret} ({username})" for secret, username in used)


def run(file: Path, output: TextIO, *, as_json: bool) -> int:
    """Check a stack's file and print what was found; return the exit status."""
    project = _project()
    try:
        data = read(file, project=project)
        stack = validate(data, project=project)
    except (NotAStackFileError, InvalidConfig) as error:
        return _unusable(error, output, as_json=as_json)
    general = [
        findings.make("credential-not-encrypted", path=dotted(problem.path)).at(
            f"{project}:{dotted(problem.path)}"
        )
        for problem in plaintext_credentials(data, project=project)
    ]
    skipped = []
    registries = {key: registry_spec(key, registry) for key, registry in stack.registries.items()}
    for key, registry in registries.items():
        where = f"{project}:{dotted(('registries', key))}"
        found, not_checked = pull_secrets.check_registry(registry)
        general += [finding.at(where) for finding in found]
        skipped += [f"{where}: {sentence}" for sentence in not_checked]
    report = pull_secrets.check(
        registries=registries,
        namespaces={name: namespace_spec(namespace) for name, namespace in stack.namespaces.items()},
        services={key: knative_service_spec(stack, key) for key in stack.services},
        resolver=resolver_spec(stack),
    )
    rows = list(_rows(report))
    general = list(dict.fromkeys([*general, *report.general]))
    write = _write_json if as_json else _write_table
    write(rows, general, [*skipped, *report.skipped], output)
    everything = [*general, *(finding for row in rows for finding in row.findings)]
    return FOUND if any(finding.severity is Severity.ERROR for finding in everything) else CLEAN


def _project() -> str:
    """Return the project's name: the keys of a stack's file begin with it."""
    return str(YAML(typ="safe", pure=True).load(Path(__file__).parent.parent / "Pulumi.yaml")["name"])


def _rows(report: Report) -> Iterator[Row]:
    kubelet: dict[tuple[str, str, str], Coverage] = {}
    for coverage in report.coverages:
        key = (coverage.workload.namespace, coverage.workload.name, coverage.image)
        if coverage.reader is Reader.KUBELET:
            kubelet[key] = coverage
        else:
            yield Row(kubelet[key], coverage)


def _unusable(error: NotAStackFileError | InvalidConfig, output: TextIO, *, as_json: bool) -> int:
    problems = (
        [str(problem) for problem in error.problems] if isinstance(error, InvalidConfig) else [str(error)]
    )
    if as_json:
        output.write(json.dumps({"unusable": problems}, indent=2) + "\n")
    else:
        output.write("The file can't be checked:\n" + "".join(f"  {problem}\n" for problem in problems))
    return UNUSABLE


def _write_table(
    rows: Sequence[Row], general: Sequence[Finding], skipped: Sequence[str], output: TextIO
) -> None:
    width = None if output.isatty() else TABLE_WIDTH
    console = Console(file=output, highlight=False, markup=False, width=width)
    table = Table(box=None, pad_edge=False)
    for title in ("image", "namespace", "service account", "kubelet", "Knative", "credential", "finding"):
        table.add_column(title, overflow="fold")
    for row in rows:
        workload = row.kubelet.workload
        table.add_row(
            row.kubelet.image,
            workload.namespace,
            workload.service_account,
            row.kubelet.result,
            row.knative.result,
            row.credential,
            ", ".join(finding.code for finding in row.findings),
        )
    if rows:
        console.print(table)
    shown = dict.fromkeys([*general, *(finding for row in rows for finding in row.findings)])
    for finding in shown:
        console.print(f"\n{finding.severity}: {finding}", soft_wrap=True)
    for sentence in skipped:
        console.print(f"\nnot checked: {sentence}", soft_wrap=True)


def _write_json(
    rows: Sequence[Row], general: Sequence[Finding], skipped: Sequence[str], output: TextIO
) -> None:
    document = {
        "images": [
            {
                "image": row.kubelet.image,
                "namespace": row.kubelet.workload.namespace,
                "knativeService": row.kubelet.workload.name,
                "serviceAccount": row.kubelet.workload.service_account,
                "kubelet": _reader(row.kubelet),
                "knative": _reader(row.knative),
                "findings": [_finding(finding) for finding in row.findings],
            }
            for row in rows
        ],
        "findings": [_finding(finding) for finding in general],
        "notChecked": list(skipped),
    }
    output.write(json.dumps(document, indent=2) + "\n")


def _reader(coverage: Coverage) -> dict[str, Any]:
    return {
        "result": coverage.result,
        "usernames": list(coverage.usernames),
        "secrets": list(coverage.secrets),
        "repository": coverage.repository,
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "where": finding.where,
        "message": finding.message,
        "fix": finding.fix,
    }
