"""What a person reads about a Knative Service that is not Ready, for every captured situation.

`explanations.txt` has all of it; to write it anew: `WRITE_EXPLANATIONS=1 pytest tests/unit/serving`.
"""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.serving.conditions import GRACE_SECONDS, Cause, cause
from components.serving.explanation import _EXPLANATIONS, _SAME_FOR_ALL, Situation, explain, progress
from components.serving.pull_credentials import PullSecrets
from tests.unit.serving.captures import captured, observed
from tests.unit.serving.test_conditions import CAUSES

EXPLANATIONS = Path(__file__).with_name("explanations.txt")
USERNAME, PASSWORD = "ci-bot", "wrong-Numbat5!password"
COMMAND = "pulumi config set --secret --path registries.lab.password"


def secret(*servers: str, username: str = USERNAME, password: str = PASSWORD) -> Any:
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    entry = {"username": username, "password": password, "auth": auth}
    text = json.dumps({"auths": dict.fromkeys(servers, entry)})
    data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
    return {"type": "kubernetes.io/dockerconfigjson", "data": data}


def situation(name: str) -> Situation:
    """Give a captured situation, with the Secrets that were there when it was captured."""
    found = captured(name)
    why = cause(observed(name))
    template = found["service"]["spec"]["template"]["spec"]
    account = found["serviceAccount"]["imagePullSecrets"]
    of_revision = [entry["name"] for entry in template.get("imagePullSecrets", [])]
    server = (why.image or template["containers"][0]["image"]).partition("/")[0]
    secrets = {"pull": secret(server), "other": secret("registry.other.test"), "nowhere": None}
    if name == "list-hides-service-account":
        secrets["pull"] = secret("192.168.77.1:5001")
    if name in ("malformed-secret", "malformed-auth"):
        secrets["pull"] = secret("https://x y")
    names = {*of_revision, *(entry["name"] for entry in account)}
    ports = template["containers"][0].get("ports", [{}])
    return Situation(
        namespace="apps",
        name=found["service"]["metadata"]["name"],
        cause=why,
        pull_secrets=PullSecrets(
            service_account=template.get("serviceAccountName", "default"),
            of_revision=of_revision,
            of_service_account=[entry["name"] for entry in account],
            secrets={key: value for key, value in secrets.items() if key in names},
        ),
        revision="hello-00001",
        commands={"pull": COMMAND},
        port=ports[0].get("containerPort", 8080),
    )


def test_every_situation_reads_as_it_is_written() -> None:
    texts = [f"# {name}\n{explain(situation(name))}\n" for name in CAUSES if name != "unobserved"]
    text = "\n".join(texts)
    if os.environ.get("WRITE_EXPLANATIONS"):
        EXPLANATIONS.write_text(text, encoding="utf-8")
    assert EXPLANATIONS.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", CAUSES)
def test_it_holds_no_credential(name: str) -> None:
    text = explain(situation(name))
    pair = f"{USERNAME}:{PASSWORD}"
    for trace in (
        PASSWORD,
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.b64encode(pair.encode()).decode(),
    ):
        assert trace not in text


def test_what_a_registry_repeats_of_a_credential_is_taken_out() -> None:
    found = situation("wrong-password")
    pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    said = replace(found.cause, message=f'{found.cause.message} you sent "Basic {pair}", that is {PASSWORD}')
    text = explain(replace(found, cause=said))
    assert 'you sent "Basic [secret]", that is [secret]' in text


def test_a_username_that_is_the_token_is_not_shown() -> None:
    found = situation("wrong-password")
    token = "dop_v1_Quoll-token"
    secrets = {"pull": secret("192.168.77.1:5001", username=token, password=token)}
    text = explain(replace(found, pull_secrets=replace(found.pull_secrets, secrets=secrets)))
    assert "account (a token) for 192.168.77.1:5001" in text
    assert token not in text


def test_secrets_that_may_not_be_read_are_named() -> None:
    found = situation("wrong-password")
    text = explain(replace(found, pull_secrets=replace(found.pull_secrets, secrets={})))
    assert 'credential: not known: these Secrets could not be read: "pull"' in text


def test_without_a_command_the_secret_is_named() -> None:
    text = explain(replace(situation("wrong-password"), commands={}))
    assert 'fix: put the username and the password of Secret "pull" right, then run `pulumi up` again' in text


def test_every_cause_has_an_explanation() -> None:
    explained = {*_EXPLANATIONS, *_SAME_FOR_ALL}
    progresses = {"unobserved", "resolving", "deploying", "starting", "not-answering", "routing"}
    assert explained == {*GRACE_SECONDS, *progresses}
    assert all(progress(Cause(code=code)) for code in explained)
