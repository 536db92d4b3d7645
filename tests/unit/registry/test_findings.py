"""Every row of the catalogue: an input, and the finding it yields."""

import base64
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from components.registry import coverage, credentials, docker_config, findings, image, server
from components.registry.coverage import PullSecret, ServiceAccount, Workload
from components.registry.docker_config import DockerConfig, Entry
from components.registry.findings import CATALOGUE, Finding, Kind

SECRET = "hunter2-Zq9"
"""Stands in every password of this module, and in no finding."""
B64 = base64.b64encode(SECRET.encode()).decode()

Produce = Callable[[], Iterable[Finding]]


def of_server(text: str, *, verbatim: bool = False) -> Produce:
    return lambda: server.parse(text, verbatim=verbatim).findings


def of_credentials(
    address: str = "ghcr.io", username: str = "ci", password: str = SECRET, email: str = ""
) -> Produce:
    return lambda: (
        credentials.parse(
            server.parse(address),
            username=username,
            password=password,
            email=email,
            now=datetime(2026, 1, 1, tzinfo=UTC),
        ).findings
    )


def of_config(text: str | dict[str, Any]) -> Produce:
    return lambda: docker_config.parse(text if isinstance(text, str) else json.dumps(text)).findings


def of_image(text: str) -> Produce:
    return lambda: image.check(text)


def config(*servers: str, password: str = SECRET) -> DockerConfig:
    return docker_config.from_entries(Entry(key=key, username="ci", password=password) for key in servers)


def of_coverage(
    images: list[str],
    secrets: dict[str, DockerConfig],
    *,
    on_service: tuple[str, ...] = (),
    on_account: tuple[str, ...] | None = None,
    secret_namespace: str = "apps",
    secret_type: str = coverage.SECRET_TYPE,
    **options: Any,
) -> Produce:
    account = tuple(secrets) if on_account is None else on_account
    return lambda: (
        coverage.check(
            workloads=[Workload(name="hello", namespace="apps", images=images, pull_secrets=on_service)],
            pull_secrets=[
                PullSecret(name=name, namespace=secret_namespace, config=content, type=secret_type)
                for name, content in secrets.items()
            ],
            service_accounts=[ServiceAccount(name="default", namespace="apps", pull_secrets=account)],
            **options,
        ).findings
    )


def jwt(claims: dict[str, Any]) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims | {"jti": SECRET}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{middle}.{B64}"


KEY_FILE = json.dumps({"type": "service_account", "private_key": SECRET, "client_email": "ci@acme"})
KEY_BASE64 = base64.b64encode(KEY_FILE.encode()).decode()
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

CASES: list[tuple[str, Produce, str]] = [
    (
        "hub-kubelet-only-address",
        of_server("https://docker.io/"),
        '"https://docker.io/" is only understood by the kubelet; Knative resolves Docker Hub '
        "as index.docker.io",
    ),
    (
        "server-missing-slash",
        of_server("https://index.docker.io/v1"),
        '"https://index.docker.io/v1" misses its trailing slash: neither Kubernetes nor '
        "Knative would match it",
    ),
    (
        "hub-not-the-registry",
        of_server("registry-1.docker.io"),
        '"registry-1.docker.io" belongs to Docker Hub, but no image is looked up under registry-1.docker.io',
    ),
    (
        "hub-knative-only-address",
        of_server("*.docker.io"),
        '"*.docker.io" matches Docker Hub in Knative but never in the kubelet',
    ),
    (
        "hub-knative-only-address",
        of_server("index.docker.io/acme", verbatim=True),
        '"index.docker.io/acme" matches Docker Hub in Knative but never in the kubelet',
    ),
    ("server-blank-around", of_server(" ghcr.io\n"), '"ghcr.io" had blanks or a line break around it'),
    (
        "server-blank-inside",
        of_server("ghcr.io /acme"),
        '"ghcr.io /acme" has a blank or control character inside, which would make Knative '
        "reject every secret on the service account",
    ),
    (
        "server-scheme",
        of_server("oci://ghcr.io"),
        '"oci://ghcr.io": the scheme must be absent, http:// or https://',
    ),
    (
        "server-scheme-case",
        of_server("HTTPS://gcr.io"),
        '"HTTPS://gcr.io": the scheme HTTPS:// must be lower case',
    ),
    ("server-host-case", of_server("GCR.io"), '"GCR.io": host names are compared by case'),
    (
        "server-default-port",
        of_server("gcr.io:443"),
        '"gcr.io:443": ports are compared literally, so images written "gcr.io/..." will not match',
    ),
    (
        "port-mismatch",
        of_coverage(["registry.example.com:5000/app:1"], {"cred": config("registry.example.com")}),
        '"registry.example.com:5000/app:1" is on registry.example.com:5000, but the '
        'credential "cred" is for registry.example.com: the ports differ',
    ),
    (
        "not-an-address",
        of_server("host:*"),
        '"host:*" is not a valid registry address: expected a host name, such as ghcr.io',
    ),
    (
        "server-userinfo",
        of_server(f"https://ci:{SECRET}/x@ghcr.io"),
        '"https://***@ghcr.io": credentials in the URL are ignored by Kubernetes',
    ),
    (
        "server-is-image",
        of_server("ghcr.io/org/app:1.2"),
        '"ghcr.io/org/app:1.2" looks like an image reference (":1.2")',
    ),
    (
        "server-extra",
        of_server("https://gcr.io/?x=1"),
        '"https://gcr.io/?x=1" holds a query, a fragment or "//"',
    ),
    ("server-empty", of_server(" "), "the server is empty"),
    (
        "glob-spans-one-label",
        of_coverage(["a.b.example.com/app:1"], {"cred": config("*.example.com")}),
        '"a.b.example.com/app:1" is not matched by "*.example.com": * spans exactly one label',
    ),
    (
        "path-prefix-textual",
        of_coverage(["gcr.io/prod/app:1"], {"cred": config("gcr.io/pro")}),
        '"gcr.io/pro" is a textual prefix and also matches "gcr.io/prod/app:1"',
    ),
    (
        "username-colon",
        of_credentials(username="ci:x"),
        'the username holds ":", and everything after it would be taken as the password',
    ),
    ("username-empty", of_credentials(username=""), "the username is empty"),
    ("password-empty", of_credentials(password="\n"), "the password is empty"),
    (
        "credential-not-encrypted",
        lambda: [findings.make("credential-not-encrypted", path="registries.ghcr.password")],
        "the value is not encrypted",
    ),
    (
        "password-line-break",
        of_credentials(password=f"{SECRET}\n"),
        "the password had a line break at its end, which was removed",
    ),
    (
        "json-key-not-json",
        of_credentials("gcr.io", "_json_key", SECRET),
        "the password of _json_key is not JSON",
    ),
    (
        "json-key-is-base64",
        of_credentials("gcr.io", "_json_key", KEY_BASE64),
        "the password of _json_key looks like base64",
    ),
    (
        "json-key-base64-is-json",
        of_credentials("gcr.io", "_json_key_base64", KEY_FILE),
        "the password of _json_key_base64 is not base64 of a JSON key",
    ),
    (
        "json-key-username",
        of_credentials("gcr.io", "ci", KEY_FILE),
        "the password is a service account's JSON key, but the username is not _json_key",
    ),
    (
        "json-key-incomplete",
        of_credentials("gcr.io", "_json_key", json.dumps({"client_email": "ci@acme", "id": SECRET})),
        "the JSON key has no private_key",
    ),
    (
        "short-lived-token",
        of_credentials("gcr.io", "oauth2accesstoken", f"ya29.{SECRET}"),
        "a Google access token expires after about 60 minutes; pods scheduled later will fail to pull",
    ),
    (
        "short-lived-token",
        of_credentials(ECR, "AWS", f"eyJwYXlsb2Fk{SECRET}"),
        "an ECR token expires after 12 hours; pods scheduled later will fail to pull",
    ),
    (
        "expired-token",
        of_credentials(password=jwt({"exp": 1_700_000_000})),
        "the password is a token that expired on 2023-11-14 22:13 UTC",
    ),
    ("ecr-username", of_credentials(ECR, "ci"), "the username for ECR must be AWS"),
    (
        "ecr-region",
        of_coverage([f"{ECR}/app:1"], {"ecr": config(ECR.replace("eu-west-1", "us-east-1"))}),
        '"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1" is in ECR region eu-west-1, but '
        'the credential "ecr" is for us-east-1',
    ),
    (
        "ghcr-fine-grained-token",
        of_credentials(password=f"github_pat_{SECRET}"),
        "fine-grained tokens (github_pat_) cannot read packages",
    ),
    (
        "ci-token",
        of_credentials(password=f"ghs_{SECRET}"),
        "a GITHUB_TOKEN (ghs_) expires with its CI job; pods scheduled later will fail to pull",
    ),
    (
        "ci-token",
        of_credentials("registry.gitlab.com", "gitlab-ci-token"),
        "a CI_JOB_TOKEN (gitlab-ci-token) expires with its CI job; pods scheduled later will fail to pull",
    ),
    (
        "identity-token",
        of_config({"auths": {"x.azurecr.io": {"identitytoken": SECRET}}}),
        '"x.azurecr.io" holds an identity token, and the kubelet ignores identity tokens',
    ),
    (
        "acr-refresh-token",
        of_credentials("x.azurecr.io", "00000000-0000-0000-0000-000000000000"),
        "the password for username 00000000-0000-0000-0000-000000000000 lives about 3 hours",
    ),
    (
        "harbor-robot-dollar",
        of_credentials("harbor.acme.io", "robot"),
        'username "robot": was "$name" expanded by your shell?',
    ),
    ("email-malformed", of_credentials(email="nobody"), "the e-mail is not an e-mail address"),
    (
        "same-place-twice",
        of_config(
            {
                "auths": {
                    "https://index.docker.io/v1/": {"username": "a", "password": SECRET},
                    "index.docker.io": {"username": "b", "password": SECRET},
                }
            }
        ),
        '"https://index.docker.io/v1/" and "index.docker.io" are the same place with '
        "different credentials; Knative would pick one at random",
    ),
    (
        "several-secrets",
        of_coverage(
            ["ghcr.io/acme/app:1"], {"old": config("ghcr.io"), "new": config("ghcr.io", password="x")}
        ),
        '"ghcr.io/acme/app:1" is matched by "old", "new", in this order; Knative uses the first only',
    ),
    (
        "credential-store",
        of_config({"auths": {"ghcr.io": {}}, "credsStore": "desktop"}),
        '"ghcr.io" contains no credentials (they are stored in credsStore desktop)',
    ),
    ("entry-empty", of_config({"auths": {"ghcr.io": {}}}), '"ghcr.io" contains no credentials'),
    (
        "auth-malformed",
        of_config({"auths": {"x.io": {"auth": B64}}}),
        'auth for "x.io" is not base64(user:password)',
    ),
    (
        "entry-unused",
        of_coverage(["ghcr.io/acme/app:1"], {"all": config("ghcr.io", "quay.io")}),
        '"all" also holds credentials for "quay.io", which no image here needs',
    ),
    (
        "docker-config-not-json",
        of_config(f'{{"auths": {SECRET}}}'),
        "the docker config is not JSON: Expecting value at line 1 column 11",
    ),
    (
        "docker-config-legacy",
        of_config({"gcr.io": {"username": "ci", "password": SECRET}}),
        'the docker config misses "auths"; it looks like a legacy .dockercfg',
    ),
    ("docker-config-no-auths", of_config("{}"), 'the docker config has no entry in "auths"'),
    (
        "docker-config-refused",
        of_config({"auths": {"x.io": {"password": [SECRET]}}}),
        "the kubelet refuses the docker config: password of auths['x.io'] is not a string",
    ),
    (
        "secret-type",
        of_coverage(["ghcr.io/acme/app:1"], {"cred": config("ghcr.io")}, secret_type="Opaque"),
        'Secret "cred" has the type Opaque, and both readers ignore pull secrets whose type '
        "is not kubernetes.io/dockerconfigjson",
    ),
    (
        "secret-too-large",
        of_config({"auths": {"x.io": {"username": "ci", "password": SECRET * 100_000}}}),
        "the docker config is 1100055 bytes, and a Secret holds at most 1048576",
    ),
    (
        "secret-name",
        of_coverage(["ghcr.io/acme/app:1"], {"Bad_Name": config("ghcr.io")}),
        '"Bad_Name" is not a Secret name: lower-case letters, digits, "-" and ".", beginning '
        "and ending with a letter or digit, at most 253",
    ),
    (
        "namespace-name",
        of_coverage(["ghcr.io/acme/app:1"], {"cred": config("ghcr.io")}, secret_namespace="My.Apps"),
        '"My.Apps" is not a namespace: lower-case letters, digits and "-", beginning and '
        "ending with a letter or digit, at most 63",
    ),
    (
        "pull-secret-other-namespace",
        of_coverage(["ghcr.io/acme/app:1"], {"cred": config("ghcr.io")}, secret_namespace="infra"),
        'pull secret "cred" is in namespace infra, and pull secrets must be in the service\'s namespace apps',
    ),
    (
        "pull-secret-not-declared",
        of_coverage(["ghcr.io/acme/app:1"], {}, on_service=("typo",)),
        'no such secret declared in namespace apps: "typo"; Knative accepts the name and fails later',
    ),
    (
        "list-hides-service-account",
        of_coverage(
            ["ghcr.io/acme/app:1", "quay.io/acme/sidecar:1"],
            {"ghcr-cred": config("ghcr.io"), "quay-cred": config("quay.io")},
            on_service=("quay-cred",),
            on_account=("ghcr-cred",),
        ),
        '"ghcr.io/acme/app:1" needs "ghcr-cred", which is only on service account default; a '
        "service-level list replaces the service account's list",
    ),
    (
        "list-hides-service-account",
        of_coverage(
            ["quay.io/acme/app:1"],
            {"ghcr-cred": config("ghcr.io"), "quay-cred": config("quay.io")},
            on_service=("quay-cred",),
            on_account=("ghcr-cred",),
            queue_proxy_image="ghcr.io/knative/queue:1",
        ),
        '"ghcr.io/knative/queue:1" needs "ghcr-cred", which is only on service account '
        "default; a service-level list replaces the service account's list",
    ),
    (
        "image-not-covered",
        of_coverage(
            ["registry.acme.io/app:1"],
            {"ghcr": config("ghcr.io"), "hub": config("https://index.docker.io/v1/")},
        ),
        '"registry.acme.io/app:1" is on a registry for which you declared no credentials '
        "(have: ghcr.io, index.docker.io)",
    ),
    (
        "covered-for-one-reader",
        of_coverage(["acme/app:1"], {"hub": config("docker.io")}),
        '"acme/app:1" is covered for the kubelet by "hub", but not for Knative: Knative looks '
        "it up as index.docker.io",
    ),
    (
        "covered-for-one-reader",
        of_coverage(["acme/app:1"], {"hub": config("*.docker.io")}),
        '"acme/app:1" is covered for Knative by "hub", but not for the kubelet: the kubelet '
        "looks it up as docker.io",
    ),
    ("image-scheme", of_image("https://gcr.io/p/app:1"), '"https://gcr.io/p/app:1" begins with a scheme'),
    ("image-empty-tag", of_image("gcr.io/p/app:"), '"gcr.io/p/app:" ends with ":"'),
    ("image-blank", of_image("gcr.io/p/app:1 "), '"gcr.io/p/app:1 " has a blank or line break'),
    ("image-case", of_image("ghcr.io/Acme/App:V1"), '"ghcr.io/Acme/App:V1": a repository must be lower case'),
    (
        "image-one-character",
        of_image("gcr.io/a:1"),
        '"gcr.io/a:1": Knative needs a repository of at least two characters',
    ),
    (
        "image-digest",
        of_image("gcr.io/p/app@sha256:abc"),
        '"gcr.io/p/app@sha256:abc": a digest is sha256: and 64 lower-case hexadecimal characters',
    ),
    (
        "image-tag-length",
        of_image("gcr.io/p/app:" + "t" * 129),
        '"gcr.io/p/app:' + "t" * 129 + '": a tag has at most 128 characters',
    ),
    (
        "image-invalid",
        of_image("gcr.io/p//app:1"),
        '"gcr.io/p//app:1" is refused by the kubelet: expected [registry/]repository[:tag][@sha256:digest]',
    ),
    (
        "image-latest",
        of_image("gcr.io/p/app"),
        '"gcr.io/p/app" has no tag or :latest; Knative freezes the digest per revision, and '
        "re-running up will not redeploy",
    ),
    (
        "server-http",
        of_server("http://registry.acme.io"),
        '"http://registry.acme.io": http:// is ignored, it does not make a registry insecure',
    ),
    (
        "insecure-registry",
        of_coverage(
            ["registry.acme.io:5000/app:1"],
            {"cred": config("registry.acme.io:5000")},
            insecure_registries=["registry.acme.io:5000"],
        ),
        '"registry.acme.io:5000/app:1" is on registry.acme.io:5000, which is served over '
        "http; Knative's resolver uses https",
    ),
    (
        "skip-list-docker-hub",
        of_coverage([], {}, skip_tag_resolution=["docker.io"]),
        'registries-skipping-tag-resolving contains "docker.io", which does nothing',
    ),
    (
        "localhost-registry",
        of_image("localhost:5000/app:1"),
        '"localhost:5000/app:1": localhost is not your machine in a cluster',
    ),
    (
        "localhost-repository",
        of_image("localhost/app:1"),
        '"localhost/app:1" is read as registry localhost by the kubelet and as Docker Hub by Knative',
    ),
]


@pytest.mark.parametrize(("code", "produce", "message"), CASES)
def test_message(code: str, produce: Produce, message: str) -> None:
    assert [finding.message for finding in produce() if finding.code == code] == [message]


@pytest.mark.parametrize(("code", "produce", "message"), CASES)
def test_no_finding_shows_a_secret(code: str, produce: Produce, message: str) -> None:
    secrets = [SECRET, B64, base64.b64encode(f"ci:{SECRET}".encode()).decode(), KEY_BASE64]
    for finding in produce():
        shown = f"{finding} {finding!r}"
        assert not [secret for secret in secrets if secret in shown]


def test_every_kind_has_a_case() -> None:
    assert {code for code, _, _ in CASES} == {kind.code for kind in CATALOGUE}


def test_codes_are_unique_and_in_the_order_of_the_catalogue() -> None:
    codes = [kind.code for kind in CATALOGUE]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.code)
def test_a_message_can_be_read_alone(kind: Kind) -> None:
    assert kind.message
    assert kind.fix
    assert kind.meaning.endswith(".")
    assert not kind.message.endswith(".")


def test_a_finding_says_where_what_and_how_to_put_it_right() -> None:
    finding = findings.make("server-empty").at("registries.ghcr.server")
    assert str(finding) == (
        "registries.ghcr.server: the server is empty; "
        "leave the key out for Docker Hub, or write the host [server-empty]"
    )
