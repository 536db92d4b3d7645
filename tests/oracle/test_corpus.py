"""The recorded cases, against our answers without Go, and against the real code with it."""

import pytest

from tests.oracle import corpus
from tests.oracle.comparison import Readers, agree, describe, ours
from tests.oracle.programs import Oracle

LINES = corpus.load()


def test_no_case_is_recorded_twice() -> None:
    cases = {(*line.case["secrets"], line.case["image"]) for line in LINES}

    assert len(cases) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=[line.note for line in LINES])
def test_recorded_case(line: corpus.Recorded) -> None:
    answer = ours(line.case)

    assert agree(answer, line.real), describe(line.case, answer, line.real)


def test_the_real_readers_still_answer_as_recorded(kubelet: Oracle, knative: Oracle) -> None:
    answers = Readers(kubelet, knative).answers(line.case for line in LINES)

    for line, (_, real) in zip(LINES, answers, strict=True):
        assert real == line.real, line.note
