"""Recorded cases, each with a note and what the real readers answer.

To add one, add a line with `note`, `secrets` and `image` to corpus.jsonl and run
`python -m tests.oracle.corpus`: it asks the real readers for every line and writes their answers beside it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lab.progress import Progress
from tests.oracle.cases import Case
from tests.oracle.comparison import Answer, Readers
from tests.oracle.programs import Oracle, build

FILE = Path(__file__).parent / "corpus.jsonl"


@dataclass(frozen=True)
class Recorded:
    """A line of the corpus."""

    note: str
    case: Case
    real: Answer


def load() -> list[Recorded]:
    """Return the lines in order; `real` is empty where nothing has been recorded yet."""
    return [
        Recorded(
            line["note"],
            {"secrets": line["secrets"], "image": line["image"]},
            {reader: line[reader] for reader in ("kubelet", "knative") if reader in line},
        )
        for line in map(json.loads, FILE.read_text().splitlines())
    ]


def record() -> None:
    """Ask the real readers for every line and write their answers."""
    progress = Progress()
    lines = load()
    with Oracle(build("kubelet", progress)) as kubelet, Oracle(build("knative", progress)) as knative:
        answers = [answer for _, answer in Readers(kubelet, knative).answers(line.case for line in lines)]
    FILE.write_text(
        "".join(
            json.dumps({"note": line.note, **line.case, **answer}) + "\n"
            for line, answer in zip(lines, answers, strict=True)
        )
    )


if __name__ == "__main__":
    record()
