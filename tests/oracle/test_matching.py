"""`kpr match` against the kubelet's and Knative's own code, on generated docker configs and images."""

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.cases import Case, matching
from tests.oracle.comparison import Answer, Readers, agree, describe, first_difference, ours
from tests.oracle.programs import Oracle

LEAST_SHARES = {
    "kubelet credential": 0.4,
    "kubelet anonymous": 0.15,
    "kubelet invalid-image": 0.04,
    "kubelet keyring-error": 0.04,
    "kubelet tries several": 0.15,
    "kubelet in random order": 0.05,
    "kubelet ignores a key": 0.01,
    "knative credential": 0.25,
    "knative anonymous": 0.15,
    "knative invalid-image": 0.04,
    "knative keychain-error": 0.04,
    "knative ambiguous": 0.02,
    "knative presents a token": 0.03,
    "the two present different users": 0.2,
}


@pytest.fixture
def readers(kubelet: Oracle, knative: Oracle) -> Readers:
    return Readers(kubelet, knative)


def test_every_case_is_answered_as_by_the_real_readers(
    readers: Readers, cases: int, figures: list[str]
) -> None:
    start = time.monotonic()

    difference = first_difference(readers, _seeded(cases), ours)

    assert not difference, difference
    seconds = time.monotonic() - start
    figures.append(f"matching: 0 differences in {cases:,} cases ({seconds:.0f} s)")
    figures += [f"  {name}: {count / cases:.1%}" for name, count in sorted(readers.shares.items())]
    rare = {name for name, least in LEAST_SHARES.items() if readers.shares[name] < least * cases}
    assert not rare, f"too few cases to mean something: {rare}"


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_hypothesis_finds_no_difference(kubelet: Oracle, knative: Oracle, random: Random) -> None:
    case = matching(random)
    [(_, real)] = Readers(kubelet, knative).answers([case])

    answer = ours(case)

    assert agree(answer, real), describe(case, answer, real)


# The comparison must be able to fail: each of these is a rule that people believe in and that is wrong.


def _hub_by_any_name(case: Case) -> Answer:
    return ours(
        {**case, "secrets": [text.replace('"docker.io', '"index.docker.io') for text in case["secrets"]]}
    )


def _hosts_in_any_case(case: Case) -> Answer:
    return ours({**case, "secrets": [text.replace("GHCR.io", "ghcr.io") for text in case["secrets"]]})


def _default_port(case: Case) -> Answer:
    secrets = [text.replace(":443", "") for text in case["secrets"]]
    return ours({"secrets": secrets, "image": case["image"].replace(":443", "")})


def _whole_path_segments(case: Case) -> Answer:
    # The image's last segment made longer no longer matches a key that ended inside it or with it.
    return ours({**case, "image": case["image"].replace("acme2/", "acme/")})


def _service_account_first(case: Case) -> Answer:
    return ours({**case, "secrets": case["secrets"][::-1]})


def _first_only(case: Case) -> Answer:
    answer = ours(case)
    answer["kubelet"]["usernames"] = answer["kubelet"]["usernames"][:1]
    return answer


def _never_ambiguous(case: Case) -> Answer:
    answer = ours(case)
    if answer["knative"]["result"] == "ambiguous":
        answer["knative"] = {**answer["knative"], "result": "credential"}
    return answer


def _bad_keys_forgiven(case: Case) -> Answer:
    answer = ours(case)
    if answer["knative"]["result"] == "keychain-error" and answer["kubelet"]["result"] == "credential":
        answer["knative"] = {**answer["knative"], "result": "anonymous"}
    return answer


@pytest.mark.parametrize(
    "believed",
    [
        _hub_by_any_name,
        _hosts_in_any_case,
        _default_port,
        _whole_path_segments,
        _service_account_first,
        _first_only,
        _never_ambiguous,
        _bad_keys_forgiven,
    ],
)
def test_a_wrong_rule_is_caught(readers: Readers, believed: Callable[[Case], Any]) -> None:
    assert first_difference(readers, _seeded(2_000), believed)


def _seeded(count: int) -> Iterator[Case]:
    return (matching(Random(seed)) for seed in range(count))  # noqa: S311 (cases, not keys)
