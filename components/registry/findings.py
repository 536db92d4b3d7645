"""The catalogue of findings: every problem the rules can report, as data."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops a deployment."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One row of the catalogue."""

    code: str
    number: int
    """The row of the failure catalogue it belongs to."""
    severity: Severity
    meaning: str
    """What goes wrong in a cluster."""
    message: str
    """A `str.format` template; its values are never secret."""
    fix: str
    """What to do, a `str.format` template too."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem with one input."""

    code: str
    severity: Severity
    message: str
    fix: str
    where: str = ""
    """The config key or resource, set by whoever knows it."""

    def at(self, where: str) -> "Finding":
        """Return the finding with the place it was found at."""
        return replace(self, where=where)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}; {self.fix} [{self.code}]"


CATALOGUE: tuple[Kind, ...] = (
    Kind(
        code="hub-kubelet-only-address",
        number=1,
        severity=Severity.WARNING,
        meaning=(
            "Docker Hub is `docker.io` to the kubelet and `index.docker.io` to Knative "
            "(knative/serving#16282). With this key pods could pull, but Knative could not resolve "
            "the tag, and no pod would be created."
        ),
        message=(
            '"{server}" is only understood by the kubelet; Knative resolves Docker Hub as index.docker.io'
        ),
        fix='write "https://index.docker.io/v1/"',
    ),
    Kind(
        code="server-missing-slash",
        number=2,
        severity=Severity.WARNING,
        meaning=(
            "The readers drop `/v1/` and `/v2/` from a key only with the slash at the end; without "
            "it the key stands for a repository called `v1` and matches nothing."
        ),
        message='"{server}" misses its trailing slash: neither Kubernetes nor Knative would match it',
        fix='write the host alone, or end the address with "/"',
    ),
    Kind(
        code="hub-not-the-registry",
        number=3,
        severity=Severity.WARNING,
        meaning=(
            "Docker Hub has several host names, but images are only ever looked up as `docker.io` "
            "and `index.docker.io`."
        ),
        message='"{server}" belongs to Docker Hub, but no image is looked up under {host}',
        fix='write "https://index.docker.io/v1/"',
    ),
    Kind(
        code="hub-knative-only-address",
        number=4,
        severity=Severity.ERROR,
        meaning=(
            "The kubelet looks Docker Hub up as `docker.io` and falls back to a key "
            "`index.docker.io` without path or glob; Knative matches this key, so the tag resolves "
            "and the pull fails."
        ),
        message='"{server}" matches Docker Hub in Knative but never in the kubelet',
        fix=(
            'write "https://index.docker.io/v1/", or a path without verbatim, which yields the keys for both'
        ),
    ),
    Kind(
        code="server-blank-around",
        number=5,
        severity=Severity.WARNING,
        meaning="Readers don't trim keys. A space makes Knative refuse every Secret of the service account.",
        message='"{server}" had blanks or a line break around it',
        fix="remove them",
    ),
    Kind(
        code="server-blank-inside",
        number=5,
        severity=Severity.ERROR,
        meaning=(
            "Knative refuses all pull secrets of a service account when one key of one of them is no address."
        ),
        message=(
            '"{server}" has a blank or control character inside, which would make Knative reject '
            "every secret on the service account"
        ),
        fix="write host[:port][/path] without blanks",
    ),
    Kind(
        code="server-scheme",
        number=6,
        severity=Severity.ERROR,
        meaning="Any other scheme becomes part of the host name and matches nothing.",
        message='"{server}": the scheme must be absent, http:// or https://',
        fix='write the host alone, such as "ghcr.io"',
    ),
    Kind(
        code="server-scheme-case",
        number=6,
        severity=Severity.WARNING,
        meaning="The readers know the schemes in lower case only; others become part of the host name.",
        message='"{server}": the scheme {scheme}:// must be lower case',
        fix="write the host alone",
    ),
    Kind(
        code="server-host-case",
        number=7,
        severity=Severity.WARNING,
        meaning="Host names are compared by case, and image names are written in lower case.",
        message='"{server}": host names are compared by case',
        fix='write "{host}"',
    ),
    Kind(
        code="server-default-port",
        number=8,
        severity=Severity.WARNING,
        meaning="Ports are compared as text; there are no default ports.",
        message='"{server}": ports are compared literally, so images written "{host}/..." will not match',
        fix="leave the port away unless the images carry it",
    ),
    Kind(
        code="port-mismatch",
        number=9,
        severity=Severity.ERROR,
        meaning="A key without a port does not match an image with one, nor the other way round.",
        message='"{image}" is on {registry}, but the credential "{secret}" is for {server}: the ports differ',
        fix='give the credential the server "{registry}"',
    ),
    Kind(
        code="not-an-address",
        number=10,
        severity=Severity.ERROR,
        meaning="The kubelet ignores such a key; Knative refuses all pull secrets of the service account.",
        message='"{server}" is not a valid registry address: {why}',
        fix='write host[:port][/path], such as "ghcr.io" or "registry.example.com:5000"',
    ),
    Kind(
        code="server-userinfo",
        number=11,
        severity=Severity.ERROR,
        meaning="Both readers drop what stands before `@` in a key.",
        message='"{server}": credentials in the URL are ignored by Kubernetes',
        fix="set username and password instead",
    ),
    Kind(
        code="server-is-image",
        number=12,
        severity=Severity.ERROR,
        meaning="A tag or digest in a key is part of its path and matches nothing.",
        message='"{server}" looks like an image reference ("{suffix}")',
        fix='write "{host}" or "{name}"',
    ),
    Kind(
        code="server-extra",
        number=13,
        severity=Severity.ERROR,
        meaning="The readers drop query and fragment; an empty path element matches nothing.",
        message='"{server}" holds a query, a fragment or "//"',
        fix="write host[:port][/path]",
    ),
    Kind(
        code="server-empty",
        number=14,
        severity=Severity.ERROR,
        meaning="An empty key matches nothing. Only a missing key means Docker Hub.",
        message="the server is empty",
        fix="leave the key out for Docker Hub, or write the host",
    ),
    Kind(
        code="glob-spans-one-label",
        number=15,
        severity=Severity.WARNING,
        meaning=(
            "A `*` never matches a dot: `*.example.com` matches `a.example.com`, but not `a.b.example.com`."
        ),
        message='"{image}" is not matched by "{server}": * spans exactly one label',
        fix='add a credential for "{registry}"',
    ),
    Kind(
        code="path-prefix-textual",
        number=16,
        severity=Severity.WARNING,
        meaning="A path in a key is a plain prefix of the repository, not a folder.",
        message='"{server}" is a textual prefix and also matches "{image}"',
        fix="write the whole name of the project, and one credential per project",
    ),
    Kind(
        code="username-colon",
        number=17,
        severity=Severity.ERROR,
        meaning="Readers split `auth` at the first colon.",
        message='the username holds ":", and everything after it would be taken as the password',
        fix="give the username without the colon",
    ),
    Kind(
        code="username-empty",
        number=18,
        severity=Severity.ERROR,
        meaning="kubectl refuses it, and registries do.",
        message="the username is empty",
        fix="set it with: pulumi config set --secret --path 'registries.<name>.username'",
    ),
    Kind(
        code="password-empty",
        number=18,
        severity=Severity.ERROR,
        meaning="kubectl refuses it, and registries do.",
        message="the password is empty",
        fix="set it with: pulumi config set --secret --path 'registries.<name>.password'",
    ),
    Kind(
        code="credential-not-encrypted",
        number=19,
        severity=Severity.ERROR,
        meaning=(
            "Stack files are committed; the password is then readable by everybody who can read the "
            "repository."
        ),
        message="the value is not encrypted",
        fix="revoke it, and set the new one with: pulumi config set --secret --path '{path}'",
    ),
    Kind(
        code="password-line-break",
        number=20,
        severity=Severity.WARNING,
        meaning=(
            "`echo` and editors end files with a line break, which registries take as part of the password."
        ),
        message="the password had a line break at its end, which was removed",
        fix="set it without, for example with printf or echo -n",
    ),
    Kind(
        code="json-key-not-json",
        number=21,
        severity=Severity.ERROR,
        meaning="Google registries take the key file itself as the password of `_json_key`.",
        message="the password of _json_key is not JSON",
        fix="give the content of the service account's key file",
    ),
    Kind(
        code="json-key-is-base64",
        number=21,
        severity=Severity.ERROR,
        meaning="Google registries take the key file itself as the password of `_json_key`.",
        message="the password of _json_key looks like base64",
        fix="use username _json_key_base64, or the key file's JSON as password",
    ),
    Kind(
        code="json-key-base64-is-json",
        number=21,
        severity=Severity.ERROR,
        meaning="Google registries take base64 of the key file as the password of `_json_key_base64`.",
        message="the password of _json_key_base64 is not base64 of a JSON key",
        fix="use username _json_key for raw JSON, or encode it",
    ),
    Kind(
        code="json-key-username",
        number=22,
        severity=Severity.WARNING,
        meaning="Google registries take a JSON key with the username `_json_key` only.",
        message="the password is a service account's JSON key, but the username is not _json_key",
        fix="use username _json_key",
    ),
    Kind(
        code="json-key-incomplete",
        number=22,
        severity=Severity.ERROR,
        meaning="A key file always has both fields; without them it is another file, or was cut off.",
        message="the JSON key has no {field}",
        fix="give the whole key file of a service account",
    ),
    Kind(
        code="short-lived-token",
        number=23,
        severity=Severity.WARNING,
        meaning=(
            "The Secret keeps the token after it expired; pods that start on a new node then fail to pull."
        ),
        message="{what} expires after {lifetime}; pods scheduled later will fail to pull",
        fix="use a long-lived credential, or renew the Secret from a scheduled job",
    ),
    Kind(
        code="expired-token",
        number=23,
        severity=Severity.ERROR,
        meaning="The registry refuses an expired token.",
        message="the password is a token that expired on {when}",
        fix="set a new one",
    ),
    Kind(
        code="ecr-username",
        number=24,
        severity=Severity.ERROR,
        meaning="ECR takes the username `AWS` only.",
        message="the username for ECR must be AWS",
        fix="set username to AWS",
    ),
    Kind(
        code="ecr-region",
        number=24,
        severity=Severity.ERROR,
        meaning="Each region of ECR is a registry of its own.",
        message='"{image}" is in ECR region {region}, but the credential "{secret}" is for {other}',
        fix='give the credential the server "{registry}"',
    ),
    Kind(
        code="ghcr-fine-grained-token",
        number=25,
        severity=Severity.WARNING,
        meaning="GitHub's container registry takes classic personal access tokens only.",
        message="fine-grained tokens (github_pat_) cannot read packages",
        fix="create a classic token with the scope read:packages",
    ),
    Kind(
        code="ci-token",
        number=25,
        severity=Severity.WARNING,
        meaning="A CI job's token is revoked at the end of the job.",
        message="{what} expires with its CI job; pods scheduled later will fail to pull",
        fix="use a deploy token or a personal access token",
    ),
    Kind(
        code="identity-token",
        number=26,
        severity=Severity.ERROR,
        meaning="`docker login` to ACR leaves an identity token, which the kubelet ignores and Knative uses.",
        message='"{key}" holds an identity token, and the kubelet ignores identity tokens',
        fix="give username and password, for ACR those of a token or a service principal",
    ),
    Kind(
        code="acr-refresh-token",
        number=26,
        severity=Severity.WARNING,
        meaning="This username marks a refresh token of Entra ID.",
        message="the password for username 00000000-0000-0000-0000-000000000000 lives about 3 hours",
        fix="use a repository-scoped token or a service principal",
    ),
    Kind(
        code="harbor-robot-dollar",
        number=27,
        severity=Severity.WARNING,
        meaning="Harbor's robot accounts are called `robot$name`; a shell replaces `$name` by nothing.",
        message='username "{username}": was "$name" expanded by your shell?',
        fix="set the whole name in single quotes, such as 'robot$name'",
    ),
    Kind(
        code="email-malformed",
        number=28,
        severity=Severity.WARNING,
        meaning="Nobody has used the e-mail since Docker 1.11.",
        message="the e-mail is not an e-mail address",
        fix="leave it out",
    ),
    Kind(
        code="same-place-twice",
        number=29,
        severity=Severity.ERROR,
        meaning="Knative chooses between such keys at random; the kubelet tries all.",
        message="{keys} are the same place with different credentials; Knative would pick one at random",
        fix="keep one, or give each a path of its own",
    ),
    Kind(
        code="several-secrets",
        number=30,
        severity=Severity.WARNING,
        meaning=(
            "The kubelet tries all matches in order; Knative presents the first and gives up when it "
            "is refused (knative/serving#13126)."
        ),
        message='"{image}" is matched by {order}, in this order; Knative uses the first only',
        fix='limit each credential to a path, such as "{registry}/<project>"',
    ),
    Kind(
        code="credential-store",
        number=31,
        severity=Severity.ERROR,
        meaning=(
            "Docker Desktop keeps passwords in the operating system and leaves an empty entry. Both "
            "readers present empty credentials for it."
        ),
        message='"{key}" contains no credentials (they are stored in {store})',
        fix="run docker login with a plain config, or give username and password",
    ),
    Kind(
        code="entry-empty",
        number=31,
        severity=Severity.ERROR,
        meaning="Both readers present empty credentials for it, and use no other.",
        message='"{key}" contains no credentials',
        fix="give username and password, or remove the entry",
    ),
    Kind(
        code="auth-malformed",
        number=32,
        severity=Severity.ERROR,
        meaning=(
            "Both readers refuse all of the docker config, and with it every pull secret of the same list."
        ),
        message='auth for "{key}" is not base64(user:password)',
        fix="run docker login again, or give username and password",
    ),
    Kind(
        code="entry-unused",
        number=32,
        severity=Severity.WARNING,
        meaning="Whoever can read the Secret gets all of its credentials.",
        message='"{secret}" also holds credentials for {keys}, which no image here needs',
        fix="leave them out",
    ),
    Kind(
        code="docker-config-not-json",
        number=33,
        severity=Severity.ERROR,
        meaning="Both readers refuse it, and with it every pull secret of the same list.",
        message="the docker config is not JSON: {why}",
        fix="give the content of a docker config.json",
    ),
    Kind(
        code="docker-config-legacy",
        number=33,
        severity=Severity.ERROR,
        meaning=(
            "The type kubernetes.io/dockerconfigjson needs `auths`; without it both readers find nothing."
        ),
        message='the docker config misses "auths"; it looks like a legacy .dockercfg',
        fix='wrap it: {{"auths": <content>}}',
    ),
    Kind(
        code="docker-config-no-auths",
        number=33,
        severity=Severity.ERROR,
        meaning="Both readers find no credential in it.",
        message='the docker config has no entry in "auths"',
        fix="give the content of a docker config.json after docker login",
    ),
    Kind(
        code="docker-config-refused",
        number=33,
        severity=Severity.ERROR,
        meaning=(
            "A field of the wrong type makes a reader refuse the whole text, and every pull secret "
            "of the same list."
        ),
        message="{reader} refuses the docker config: {why}",
        fix="correct the field, or run docker login again",
    ),
    Kind(
        code="secret-type",
        number=34,
        severity=Severity.ERROR,
        meaning=(
            "Both readers ignore pull secrets of any other type, without a word; a Secret's type "
            "can't be changed."
        ),
        message=(
            'Secret "{secret}" has the type {type}, and both readers ignore pull secrets whose type '
            "is not kubernetes.io/dockerconfigjson"
        ),
        fix="delete it and create it again",
    ),
    Kind(
        code="secret-too-large",
        number=35,
        severity=Severity.ERROR,
        meaning="The API server refuses Secrets larger than 1 MiB.",
        message="the docker config is {size} bytes, and a Secret holds at most 1048576",
        fix="leave out entries that no image needs",
    ),
    Kind(
        code="secret-name",
        number=35,
        severity=Severity.ERROR,
        meaning="The API server refuses such a name; Knative accepts it in imagePullSecrets.",
        message=(
            '"{name}" is not a Secret name: lower-case letters, digits, "-" and ".", beginning and '
            "ending with a letter or digit, at most 253"
        ),
        fix="rename it",
    ),
    Kind(
        code="namespace-name",
        number=35,
        severity=Severity.ERROR,
        meaning="The API server refuses such a name.",
        message=(
            '"{name}" is not a namespace: lower-case letters, digits and "-", beginning and ending '
            "with a letter or digit, at most 63"
        ),
        fix="rename it",
    ),
    Kind(
        code="pull-secret-other-namespace",
        number=36,
        severity=Severity.ERROR,
        meaning="A pod and Knative's controller read pull secrets in the pod's own namespace only.",
        message=(
            'pull secret "{secret}" is in namespace {other}, and pull secrets must be in the '
            "service's namespace {namespace}"
        ),
        fix="add the registry to namespace {namespace} too",
    ),
    Kind(
        code="pull-secret-not-declared",
        number=37,
        severity=Severity.WARNING,
        meaning="Knative accepts any name; the kubelet and the resolver go on without the Secret.",
        message=(
            'no such secret declared in namespace {namespace}: "{secret}"; Knative accepts the name '
            "and fails later"
        ),
        fix="declare it, or correct the name",
    ),
    Kind(
        code="list-hides-service-account",
        number=39,
        severity=Severity.ERROR,
        meaning=(
            "Kubernetes gives a pod its service account's pull secrets only if the pod lists none. "
            "Knative's resolver uses both lists, so the tag resolves and the pull fails."
        ),
        message=(
            '"{image}" needs "{secret}", which is only on service account {account}; a service-level '
            "list replaces the service account's list"
        ),
        fix='add "{secret}" to the service\'s pull secrets',
    ),
    Kind(
        code="image-not-covered",
        number=43,
        severity=Severity.ERROR,
        meaning="Nothing that is declared here lets the cluster read the image.",
        message='"{image}" is on a registry for which you declared no credentials (have: {have})',
        fix="mark it public or add one",
    ),
    Kind(
        code="covered-for-one-reader",
        number=44,
        severity=Severity.ERROR,
        meaning="Both readers need the image: Knative to resolve the tag, the kubelet to pull.",
        message='"{image}" is covered for {covered} by "{secret}", but not for {missing}: {why}',
        fix="{remedy}",
    ),
    Kind(
        code="image-scheme",
        number=45,
        severity=Severity.ERROR,
        meaning="Knative's webhook accepts it; the pod then fails with InvalidImageName.",
        message='"{image}" begins with a scheme',
        fix="remove it",
    ),
    Kind(
        code="image-empty-tag",
        number=45,
        severity=Severity.ERROR,
        meaning="Knative's webhook accepts it; the pod then fails with InvalidImageName.",
        message='"{image}" ends with ":"',
        fix="write a tag, or remove the colon",
    ),
    Kind(
        code="image-blank",
        number=45,
        severity=Severity.ERROR,
        meaning="Both readers refuse it.",
        message='"{image}" has a blank or line break',
        fix="remove it",
    ),
    Kind(
        code="image-case",
        number=45,
        severity=Severity.ERROR,
        meaning="Both readers refuse it.",
        message='"{image}": a repository must be lower case',
        fix='write "{lower}"',
    ),
    Kind(
        code="image-one-character",
        number=45,
        severity=Severity.ERROR,
        meaning="Kubernetes accepts a repository of one character; Knative's webhook refuses it.",
        message='"{image}": Knative needs a repository of at least two characters',
        fix="move the image to a longer repository name",
    ),
    Kind(
        code="image-digest",
        number=45,
        severity=Severity.ERROR,
        meaning="Both readers refuse it.",
        message='"{image}": a digest is sha256: and 64 lower-case hexadecimal characters',
        fix="copy the whole digest",
    ),
    Kind(
        code="image-tag-length",
        number=45,
        severity=Severity.ERROR,
        meaning="Both readers refuse it.",
        message='"{image}": a tag has at most 128 characters',
        fix="shorten it",
    ),
    Kind(
        code="image-invalid",
        number=45,
        severity=Severity.ERROR,
        meaning="At least one of the two readers refuses it.",
        message='"{image}" is refused by {reader}: {why}',
        fix="write [registry/]repository[:tag][@sha256:digest]",
    ),
    Kind(
        code="image-latest",
        number=46,
        severity=Severity.WARNING,
        meaning="Knative resolves a tag once per Revision.",
        message=(
            '"{image}" has no tag or :latest; Knative freezes the digest per revision, and '
            "re-running up will not redeploy"
        ),
        fix="use a tag per build, or a digest",
    ),
    Kind(
        code="server-http",
        number=47,
        severity=Severity.WARNING,
        meaning=(
            "Both readers ignore the scheme of a key. Knative's resolver uses https but for private "
            "addresses and *.local names."
        ),
        message='"{server}": http:// is ignored, it does not make a registry insecure',
        fix="write the host alone; see registries-skipping-tag-resolving for registries without TLS",
    ),
    Kind(
        code="insecure-registry",
        number=47,
        severity=Severity.ERROR,
        meaning=(
            "Knative resolves tags over https, except on private IPv4 addresses, localhost:port, "
            "*.local and *.localhost (knative/serving#8038)."
        ),
        message='"{image}" is on {registry}, which is served over http; Knative\'s resolver uses https',
        fix='pin a digest, or add "{registry}" to registries-skipping-tag-resolving',
    ),
    Kind(
        code="skip-list-docker-hub",
        number=47,
        severity=Severity.WARNING,
        meaning="The list is compared with the registry as Knative names it.",
        message='registries-skipping-tag-resolving contains "docker.io", which does nothing',
        fix='write "index.docker.io"',
    ),
    Kind(
        code="localhost-registry",
        number=48,
        severity=Severity.WARNING,
        meaning=(
            "`localhost` is the node to the kubelet and the controller's pod to Knative, never your machine."
        ),
        message='"{image}": localhost is not your machine in a cluster',
        fix="use a name that nodes and pods can both reach",
    ),
    Kind(
        code="localhost-repository",
        number=48,
        severity=Severity.ERROR,
        meaning="The kubelet takes `localhost` for a registry, Knative for an organisation on Docker Hub.",
        message='"{image}" is read as registry localhost by the kubelet and as Docker Hub by Knative',
        fix="write the port, such as localhost:5000/..., or another host",
    ),
)

_BY_CODE = {kind.code: kind for kind in CATALOGUE}


def make(code: str, **values: object) -> Finding:
    """Return the finding `code` with its templates filled in; `values` must hold no secret."""
    kind = _BY_CODE[code]
    return Finding(
        code=code,
        severity=kind.severity,
        message=kind.message.format(**values),
        fix=kind.fix.format(**values),
    )


_CHAPTERS = (
    ("Registry addresses", (*range(1, 9), *range(10, 15))),
    ("Credentials", range(17, 29)),
    ("Docker configs and Secrets", (29, *range(31, 36))),
    ("Images and who can pull them", (9, 15, 16, 30, 36, 37, 39, *range(43, 49))),
)


def as_markdown() -> str:
    """Return the catalogue as the page docs/findings.md."""
    lines = [
        "# Findings",
        "",
        "What the checks of registries, credentials and images can say, in `pulumi preview` and in",
        "`kpr check`. An error stops a deployment: something would not work. A warning does not. Words in",
        "braces stand for the names in question; no message ever holds a credential.",
        "",
        "The page is rendered from `components/registry/findings.py`; a test fails when it is stale. To",
        "write it anew: `WRITE_DOCS=1 pytest tests/unit/registry/test_findings_page.py`.",
    ]
    for title, numbers in _CHAPTERS:
        kinds = [kind for kind in CATALOGUE if kind.number in numbers]
        lines += ["", f"## {title}", "", "| code | severity |", "|---|---|"]
        lines += [f"| [{kind.code}](#{kind.code}) | {kind.severity} |" for kind in kinds]
        for kind in kinds:
            # The templates escape the braces that are not names.
            fix = kind.fix.replace("{{", "{").replace("}}", "}")
            lines += [
                "",
                f"### {kind.code}",
                "",
                f"{kind.severity.capitalize()}. {kind.meaning}",
                "",
                f"- says: `{kind.message}`",
                f"- fix: `{fix}`",
            ]
    return "\n".join(lines) + "\n"
