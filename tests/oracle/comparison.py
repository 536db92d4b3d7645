"""Compares our answers with those of the Go programs."""

import json
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from components.registry import keyring
from tests.oracle.cases import Case
from tests.oracle.programs import Oracle

AHEAD = 50
"""How many cases the programs are given before they are asked for an answer."""

Answer = dict[str, Any]
Matcher = Callable[[Case], Answer]


@dataclass
class Readers:
    """The real readers, and how often each of their results came up."""

    kubelet: Oracle
    knative: Oracle
    shares: Counter[str] = field(default_factory=Counter)

    def answers(self, cases: Iterable[Case]) -> Generator[tuple[Case, Answer]]:
        """Yield each case with both readers' answers; the two programs run at the same time."""
        asked: deque[Case] = deque()
        try:
            for case in cases:
                self.kubelet.send(case)
                self.knative.send(case)
                asked.append(case)
                if len(asked) == AHEAD:
                    yield asked.popleft(), self._answer()
            while asked:
                yield asked.popleft(), self._answer()
        finally:
            # Whoever stops early must not leave answers for the next to take for his own.
            for _ in asked:
                self._answer()

    def _answer(self) -> Answer:
        answer = {"kubelet": self.kubelet.receive(), "knative": self.knative.receive()}
        self._count(answer)
        return answer

    def _count(self, answer: Answer) -> None:
        kubelet, knative = answer["kubelet"], answer["knative"]
        self.shares["cases"] += 1
        self.shares[f"kubelet {kubelet['result']}"] += 1
        self.shares[f"knative {knative['result']}"] += 1
        self.shares["kubelet tries several"] += len(kubelet["usernames"]) > 1
        self.shares["kubelet in random order"] += "orders" in kubelet
        self.shares["kubelet ignores a key"] += bool(kubelet["ignored"])
        self.shares["knative presents a token"] += "<token>" in knative["usernames"]
        self.shares["the two present different users"] += kubelet["usernames"][:1] != knative["usernames"][:1]


def ours(case: Case) -> Answer:
    """Return what `kpr match` answers."""
    return keyring.match(case["secrets"], case["image"]).as_json()


def agree(answer: Answer, real: Answer) -> bool:
    """Whether our answer is the readers'; where Go's order is random, whether it is one they may take."""
    kubelet = dict(real["kubelet"])
    orders = kubelet.pop("orders", None)
    if orders is None:
        return answer == {"kubelet": kubelet, "knative": real["knative"]}
    usernames = answer["kubelet"]["usernames"]
    kubelet["usernames"] = usernames
    return (
        answer == {"kubelet": kubelet, "knative": real["knative"]}
        and sorted(usernames) == sorted(orders[0])
        # What stands in the same place in every order seen is not random.
        and all(
            len(set(seen)) > 1 or username in seen for username, *seen in zip(usernames, *orders, strict=True)
        )
    )


def first_difference(readers: Readers, cases: Iterable[Case], matcher: Matcher) -> str:
    """Compare until the first difference and describe it; empty if there is none."""
    with closing(readers.answers(cases)) as answers:
        for case, real in answers:
            answer = matcher(case)
            if not agree(answer, real):
                return describe(case, answer, real)
    return ""


def describe(case: Case, answer: Answer, real: Answer) -> str:
    """Show a case with both answers, as lines that `kpr match` and the Go programs take."""
    return "\n".join([f"case {json.dumps(case)}", f"ours {json.dumps(answer)}", f"real {json.dumps(real)}"])
