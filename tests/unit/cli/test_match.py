import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import match

ROOT = Path(__file__).parents[3]
GHCR = '{"auths":{"ghcr.io":{"username":"ci-bot","password":"hunter2"}}}'
REQUEST = {"secrets": [GHCR], "image": "ghcr.io/acme/hello:1.0"}
ANSWER = {
    "kubelet": {
        "result": "credential",
        "usernames": ["ci-bot"],
        "repository": "ghcr.io/acme/hello",
        "ignored": [],
    },
    "knative": {"result": "credential", "usernames": ["ci-bot"], "repository": "ghcr.io/acme/hello"},
}


def run(*lines: bytes) -> tuple[list[dict[str, Any]], int]:
    output = io.StringIO()
    status = match.run(lines, output)
    return [json.loads(line) for line in output.getvalue().splitlines()], status


def test_a_request_is_answered_for_both_readers() -> None:
    assert run(json.dumps(REQUEST).encode()) == ([ANSWER], 0)


def test_readers_that_disagree() -> None:
    secrets = [
        '{"auths":{"x y":{"auth":"YTpi"},"docker.io":{"username":"a","password":"b"}}}',
        '{"auths":{"docker.io/acme":{"username":"c","password":"d"}}}',
    ]

    answers, _ = run(json.dumps({"secrets": secrets, "image": "acme/app"}).encode())

    assert answers == [
        {
            "kubelet": {
                "result": "credential",
                "usernames": ["c", "a"],
                "repository": "docker.io/acme/app",
                "ignored": ["x y"],
            },
            "knative": {
                "result": "keychain-error",
                "usernames": [],
                "repository": "index.docker.io/acme/app",
            },
        }
    ]


def test_a_credential_that_knative_draws_at_random() -> None:
    auths = {
        "https://index.docker.io/v1/": {"username": "b", "password": "x"},
        "index.docker.io": {"username": "a", "password": "y"},
    }

    answers, status = run(json.dumps({"secrets": [json.dumps({"auths": auths})], "image": "app/x"}).encode())

    assert answers[0]["knative"] == {
        "result": "ambiguous",
        "usernames": ["a", "b"],
        "repository": "index.docker.io/app/x",
    }
    assert sorted(answers[0]["kubelet"]["usernames"]) == ["a", "b"]
    assert status == 0


def test_an_identity_token_is_not_shown() -> None:
    secret = '{"auths":{"ghcr.io":{"identitytoken":"hunter2"}}}'

    answers, _ = run(json.dumps({"secrets": [secret], "image": "ghcr.io/acme/hello"}).encode())

    assert answers[0]["kubelet"]["usernames"] == [""]
    assert answers[0]["knative"]["usernames"] == ["<token>"]


def test_lines_are_answered_in_order_and_a_bad_one_does_not_stop_the_others() -> None:
    good = json.dumps(REQUEST).encode() + b"\n"

    answers, status = run(good, b'{"secrets": [\n', good)

    assert answers == [ANSWER, {"error": "not JSON: column 15"}, ANSWER]
    assert status == 1


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "not JSON: column 1"),
        (b"\n", "not JSON: column 2"),
        (b'{"secrets": ["hunter2"], "image": "a/b"', "not JSON: column 40"),
        (b'{"secrets": ["hunter2"], "image": "a/b"} hunter2', "not JSON: column 42"),
        (b'{"secrets": ["hunter2\\x"], "image": "a/b"}', "not JSON: column 22"),
        (b'{"secrets": [], "image": "a/b", "hunter2": NaN}', "not JSON: NaN"),
        (b'{"secrets": ["hunter2\xff"], "image": "a/b"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number has too many digits"),
        (b'["hunter2"]', 'not a JSON object with "secrets" and "image"'),
        (b"null", 'not a JSON object with "secrets" and "image"'),
        (
            b'{"image": "a/b"}',
            '"secrets" must be a list of docker configs, each the text of one as a string',
        ),
        (
            b'{"secrets": "hunter2", "image": "a/b"}',
            '"secrets" must be a list of docker configs, each the text of one as a string',
        ),
        (
            b'{"secrets": [{"auths": {"ghcr.io": {"password": "hunter2"}}}], "image": "a/b"}',
            '"secrets" must be a list of docker configs, each the text of one as a string',
        ),
        (b'{"secrets": ["hunter2"]}', '"image" must be a string'),
        (b'{"secrets": ["hunter2"], "image": null}', '"image" must be a string'),
    ],
)
def test_a_line_that_cannot_be_used_is_answered_with_why_and_shows_nothing_of_it(
    line: bytes, error: str
) -> None:
    assert run(line) == ([{"error": error}], 1)


@pytest.mark.parametrize(
    "secret",
    ["{", '{"auths":{"ghcr.io":{"auth":"hunter2"}}}', '{"auths":{"ghcr.io":"hunter2"}}', "[" * 100_000],
)
def test_a_broken_docker_config_is_an_answer_and_no_bad_line(secret: str) -> None:
    answers, status = run(json.dumps({"secrets": [secret], "image": "ghcr.io/acme/hello"}).encode())

    assert answers == [
        {
            "kubelet": {
                "result": "keyring-error",
                "usernames": [],
                "repository": "ghcr.io/acme/hello",
                "ignored": [],
            },
            "knative": {"result": "keychain-error", "usernames": [], "repository": "ghcr.io/acme/hello"},
        }
    ]
    assert status == 0


def test_answers_come_while_the_pipe_is_open() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "match"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(json.dumps(REQUEST) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == ANSWER
        process.stdin.write("{\n")
        process.stdin.close()
        assert json.loads(process.stdout.readline()) == {"error": "not JSON: column 3"}
        assert process.wait(timeout=10) == 1


def test_matching_starts_without_pulumi_and_rich() -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cli", "match"],
        cwd=ROOT,
        input=json.dumps(REQUEST),
        capture_output=True,
        text=True,
        check=True,
    )

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in result.stderr.splitlines()}
    assert {"typer", "cli", "components"} <= imported
    assert not imported & {"pulumi", "pulumi_kubernetes", "rich", "httpx", "kubernetes"}
