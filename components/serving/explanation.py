"""From a cause to what a person can act on: what failed, for whom, with which account, and the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..registry import image as images
from ..registry.coverage import Coverage, Reader
from ..registry.errors import RegistryError
from . import answers
from .conditions import Cause
from .pull_credentials import PullSecrets, credentials_in, malformed, presented, shown_account

LAST_LINES = 10
LONGEST = 600
"""Characters of a message of somebody else's that are shown."""
_AGAIN = "then run `pulumi up` again"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that an explanation is made of."""

    namespace: str
    name: str
    cause: Cause
    pull_secrets: PullSecrets
    revision: str = ""
    commands: Mapping[str, str] = field(default_factory=dict)
    """For a pull secret, the command that changes its password."""
    port: int = 8080

    @property
    def where(self) -> str:
        """The Knative Service, as it is called in messages."""
        return f"Knative Service {self.namespace}/{self.name}"

    def row(self) -> Coverage | None:
        """Say which credential the reader presented, if it is about an image and a reader."""
        if self.cause.reader is None or not self.cause.image:
            return None
        return presented(self.pull_secrets, self.namespace, self.cause.image, self.cause.reader)


def explain(situation: Situation) -> str:
    """Give one message of a few lines. It holds no credential."""
    cause = situation.cause
    what, fix = _SAME_FOR_ALL.get(cause.code) or _EXPLANATIONS[cause.code](situation)
    lines = [f"{situation.where} is not ready: {what}", *_details(situation), f"  fix: {fix}"]
    return mask("\n".join(lines), credentials_in(situation.pull_secrets))


def progress(cause: Cause) -> str:
    """Say in a few words what is being waited for."""
    return _PROGRESS.get(cause.code) or cause.code.replace("-", " ")


def mask(text: str, credentials: frozenset[str]) -> str:
    """Take out credentials that somebody else's words repeat."""
    for value in sorted(credentials, key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return text


_PROGRESS = {
    "unobserved": "Knative takes notice of it",
    "resolving": "Knative resolves the image's tag to a digest",
    "deploying": "the pod starts",
    "starting": "the container starts again",
    "not-answering": "the container runs, but is not ready",
    "routing": "the routes are set up",
    "unauthorized": "the registry refuses the credentials",
    "not-found": "the registry has no such image",
    "crash": "the container crashes",
    "cannot-start": "the container cannot start",
    "no-ingress": "no ingress controller has set up the routes",
    "other": "the image cannot be read",
}


def _details(situation: Situation) -> list[str]:
    cause, lines = situation.cause, []
    if cause.reader is not None:
        lines.append(f"  reader: {_WHO[cause.reader]}")
        lines.append(f"  credential: {_credential(situation)}")
    if cause.container and cause.reader is None:
        lines.append(f"  container: {cause.container}, image {cause.image}")
    message = answers.said(cause.message) if cause.reader else cause.message.strip()
    if cause.code == "crash":
        lines += ["  its last lines:", *(f"    {line}" for line in message.splitlines()[-LAST_LINES:])]
    elif message:
        said = "the registry's answer" if cause.reader else "Kubernetes says"
        lines.append(f"  {said}: {message if len(message) <= LONGEST else message[:LONGEST] + '...'}")
    return lines


_WHO = {
    Reader.KNATIVE: "Knative's controller, which resolves the tag to a digest",
    Reader.KUBELET: "the kubelet, which pulls the image to run it",
}


def _credential(situation: Situation) -> str:
    row, pull_secrets = situation.row(), situation.pull_secrets
    if row is None or row.result == "invalid-image":
        return "none is looked for"
    if pull_secrets.unread:
        return f"not known: these Secrets could not be read: {_listed(pull_secrets.unread)}"
    if not row.usernames:
        seen = pull_secrets.of_revision or pull_secrets.of_service_account
        return "none" + (f" for this image in {_secrets(seen)}" if seen else ", there are no pull secrets")
    account = shown_account(row, credentials_in(pull_secrets))
    return f"account {account} for {_registry(situation)}, from {_secrets(row.secrets)}"


def _registry(situation: Situation) -> str:
    image, reader = situation.cause.image, situation.cause.reader
    try:
        parsed = images.for_kubelet(image) if reader is Reader.KUBELET else images.for_knative(image)
    except RegistryError:
        return image.partition("/")[0]
    return parsed.registry


def _cannot(situation: Situation) -> str:
    cause = situation.cause
    if cause.reader is Reader.KNATIVE:
        return f"Knative cannot resolve image {cause.image}"
    return f"the kubelet cannot pull image {cause.image}"


def _unauthorized(situation: Situation) -> tuple[str, str]:
    row, pull_secrets = situation.row(), situation.pull_secrets
    what = _cannot(situation)
    if pull_secrets.missing and not (row and row.usernames):
        return (
            f"{what}: {_secrets(pull_secrets.missing)} does not exist, and the registry refuses it without",
            f"declare it, or name another. There are: `kubectl get secrets -n {situation.namespace}`",
        )
    for finding in row.findings if row else ():
        if finding.code == "list-hides-service-account":
            return f"{what}: {finding.message}", f"{finding.fix}, {_AGAIN}"
    if row is not None and row.usernames:
        return (
            f"{what}: {_registry(situation)} refuses the credentials",
            f"{_change(situation, row.secrets)}, {_AGAIN}",
        )
    return (
        f"{what}: {_registry(situation)} wants credentials, and none are there",
        f"give the registry to the namespace and to service account "
        f'"{pull_secrets.service_account}", or name its pull secret for this service, {_AGAIN}',
    )


def _forbidden(situation: Situation) -> tuple[str, str]:
    row = situation.row()
    return (
        f"{_cannot(situation)}: {_registry(situation)} does not let this account read it",
        "let the account pull from this repository, or use another account: "
        + (_change(situation, row.secrets) if row and row.usernames else "give the registry credentials")
        + f", {_AGAIN}. Some registries answer so for repositories that do not exist: check the name",
    )


def _change(situation: Situation, secrets: Sequence[str]) -> str:
    commands = [situation.commands[name] for name in secrets if name in situation.commands]
    if commands:
        return "set the right password: " + " or ".join(f"`{command}`" for command in commands)
    return f"put the username and the password of {_secrets(secrets)} right"


def _not_found(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: {_registry(situation)} has no such image",
        "push it, or correct the repository, the tag or the digest in the service's image, " + _AGAIN,
    )


def _no_such_host(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: there is no host {_registry(situation).partition(':')[0]}",
        "correct the registry in the service's image; if the name is right, the cluster's DNS has to know "
        "it: `kubectl run lookup --rm -it --image=busybox -- nslookup "
        f"{_registry(situation).partition(':')[0]}`",
    )


def _untrusted(situation: Situation) -> tuple[str, str]:
    if situation.cause.reader is Reader.KNATIVE:
        way = (
            "let Knative's controller trust its authority (a bundle in the folder of SSL_CERT_DIR), "
            "or write the "
            "image with its digest, which Knative does not look up"
        )
    else:
        way = "let containerd on every node trust its authority (certs.d/<registry>/hosts.toml)"
    return (
        f"{_cannot(situation)}: the certificate of {_registry(situation)} is not trusted",
        f"{way}. See it: `openssl s_client -showcerts -connect {_with_port(_registry(situation))}`",
    )


def _plain_http(situation: Situation) -> tuple[str, str]:
    if situation.cause.reader is Reader.KNATIVE:
        way = (
            "Knative uses http only for private addresses: write the image with its digest, or add "
            "the registry "
            "to registries-skipping-tag-resolving: "
            "`kubectl edit configmap config-deployment -n knative-serving`"
        )
    else:
        way = "name it for plain http in certs.d/<registry>/hosts.toml of containerd on every node"
    return f"{_cannot(situation)}: {_registry(situation)} speaks http, not https", f"serve https. Or: {way}"


def _rate_limited(situation: Situation) -> tuple[str, str]:
    row = situation.row()
    way = "wait for the limit to end, or use an account with a higher one"
    if not (row and row.usernames):
        way = "give credentials for it: anonymous pulls have the lowest limit"
    return (
        f"{_cannot(situation)}: {_registry(situation)} has had too many requests",
        f"{way}, {_AGAIN}",
    )


def _slow(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: {_registry(situation)} does not answer in time",
        "see whether the cluster may reach it (firewall, network policy, proxy), "
        f"{_AGAIN}. Knative waits 10 s unless digest-resolution-timeout in its config-deployment "
        "says otherwise",
    )


def _unreachable(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: no connection to {_registry(situation)}",
        f"see whether the address and the port are right and the registry is up, {_AGAIN}",
    )


def _server_error(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: {_registry(situation)} has an error of its own",
        f"see the registry's status, {_AGAIN} when it is well",
    )


def _malformed(situation: Situation) -> tuple[str, str]:
    pull_secrets = situation.pull_secrets
    names = malformed(pull_secrets) or pull_secrets.names
    return (
        f"{_cannot(situation)}: one of its pull secrets is malformed, and Knative then uses none",
        f"correct {_secrets(names)} (an address with a blank, or an `auth` that is not "
        f"base64), {_AGAIN}. Who has it: `kubectl get serviceaccount "
        f"{situation.pull_secrets.service_account} "
        f"-n {situation.namespace} -o yaml`",
    )


def _may_not_read(situation: Situation) -> tuple[str, str]:
    return (
        f"{_cannot(situation)}: Knative's controller may not read the pull secrets",
        "give it back its ClusterRole: install Knative Serving's release again",
    )


def _other(situation: Situation) -> tuple[str, str]:
    return f"{_cannot(situation)}", f"see the answer above; mend it, {_AGAIN}"


def _invalid_image(situation: Situation) -> tuple[str, str]:
    return f"the kubelet cannot use image {situation.cause.image}", f"correct the image's name, {_AGAIN}"


def _account_missing(situation: Situation) -> tuple[str, str]:
    account, namespace = situation.pull_secrets.service_account, situation.namespace
    return (
        f'its service account "{account}" does not exist in namespace "{namespace}"; no pod can be made',
        'declare it with mode "own", or create it: '
        f"`kubectl create serviceaccount {account} -n {namespace}`; {_AGAIN}",
    )


def _quota(situation: Situation) -> tuple[str, str]:
    return (
        "a quota of the namespace leaves no room for its pod",
        "ask for less or raise the quota: "
        f"`kubectl describe resourcequota -n {situation.namespace}`; {_AGAIN}",
    )


def _denied(situation: Situation) -> tuple[str, str]:
    return (
        "the cluster does not admit its pod",
        f"set what the policy wants, with templateOverrides if need be, or change the policy: "
        f"`kubectl get namespace {situation.namespace} --show-labels`; {_AGAIN}",
    )


def _crash(situation: Situation) -> tuple[str, str]:
    cause = situation.cause
    code = "" if cause.exit_code is None else f" (exit code {cause.exit_code})"
    return (
        f"the container crashes again and again{code}",
        f"mend the program, its command or its environment. All of its log: {_logs(situation, '--previous')}",
    )


def _logs(situation: Situation, more: str = "") -> str:
    pods = f"-l serving.knative.dev/revision={situation.revision}"
    container = situation.cause.container or "user-container"
    return f"`kubectl logs -n {situation.namespace} {pods} -c {container} {more}`".replace(" `", "`")


def _not_answering(situation: Situation) -> tuple[str, str]:
    return (
        f"the container runs, but is not ready: nothing answers on port {situation.port}, or its readiness "
        "probe fails",
        f"let the program listen on $PORT (here {situation.port}) on all addresses, or set `port` to where "
        f"it listens; check readinessProbe. Its log: {_logs(situation)}",
    )


def _traffic(situation: Situation) -> tuple[str, str]:
    return (
        "its traffic goes to a revision that does not exist",
        f"correct revisionName in traffic; these are there: `kubectl get revisions -n {situation.namespace} "
        f"-l serving.knative.dev/service={situation.name}`",
    )


def _failed(situation: Situation) -> tuple[str, str]:
    return "it failed", f"see `kubectl describe ksvc {situation.name} -n {situation.namespace}`; {_AGAIN}"


def _unfinished(situation: Situation) -> tuple[str, str]:
    return (
        f"it is still under way ({progress(situation.cause)})",
        "wait longer (wait.timeout), or see what holds it up: "
        f"`kubectl describe ksvc,configuration,revision,route -n {situation.namespace}`",
    )


def _secrets(names: Sequence[str]) -> str:
    return f"Secret{'s' if len(names) > 1 else ''} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _with_port(registry: str) -> str:
    return registry if ":" in registry else f"{registry}:443"


_SAME_FOR_ALL: Mapping[str, tuple[str, str]] = {
    "unschedulable": (
        "no node has room for its pod",
        "ask for less (resources.requests) or add a node: "
        f"`kubectl describe nodes | grep -A 8 'Allocated resources'`; {_AGAIN}",
    ),
    "cannot-start": (
        "the container cannot be started",
        f"correct its command, or what it mounts, {_AGAIN}",
    ),
    "cannot-configure": (
        "the container cannot be made as it is configured",
        "create the Secret or ConfigMap that it names, or correct the name; let the image run as "
        "another user "
        f"than root, {_AGAIN}",
    ),
    "revision-name-taken": (
        "its revision name belongs to another revision, and revisions are immutable",
        "give revisionName a new value, or leave it out and let Knative name the revisions",
    ),
    "revision-refused": ("Knative cannot make its revision", f"correct what it complains of, {_AGAIN}"),
    "not-owned": (
        "an object with a name that it needs belongs to somebody else",
        "delete that object, or give the Knative Service another name",
    ),
    "no-ingress": (
        "no ingress controller has taken it up, so that it has no routes",
        "install one (Kourier, Contour, Istio, Traefik), or correct ingress-class: "
        "`kubectl get configmap config-network -n knative-serving -o yaml`",
    ),
}
"""The same, where it depends on nothing else."""

_EXPLANATIONS: Mapping[str, Callable[[Situation], tuple[str, str]]] = {
    "unauthorized": _unauthorized,
    "forbidden": _forbidden,
    "not-found": _not_found,
    "no-such-host": _no_such_host,
    "untrusted-certificate": _untrusted,
    "plain-http": _plain_http,
    "rate-limited": _rate_limited,
    "timeout": _slow,
    "unreachable": _unreachable,
    "server-error": _server_error,
    "malformed-pull-secret": _malformed,
    "knative-may-not-read": _may_not_read,
    "other": _other,
    "invalid-image": _invalid_image,
    "service-account-missing": _account_missing,
    "quota": _quota,
    "denied": _denied,
    "crash": _crash,
    "not-answering": _not_answering,
    "starting": _crash,
    "traffic-target-missing": _traffic,
    "failed": _failed,
    "unobserved": _unfinished,
    "resolving": _unfinished,
    "deploying": _unfinished,
    "routing": _unfinished,
}
"""For each code of a cause: what is the matter, and what to do."""
