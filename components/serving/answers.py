"""What a registry answered, from the words in which Knative's resolver and the kubelet pass it on.

The words are those of go-containerregistry `pkg/v1/remote/transport` (Knative) and containerd
`core/remotes/docker` (kubelet), of Go's `net/http`, `crypto/tls` and `net`, and of the registries themselves
(distribution-spec, "Error codes"); each was captured from a cluster.
"""

import re

_ATTEMPTS = re.compile(r'; (?=Get "http://)')
"""go-containerregistry tries https, then http for private addresses, and reports both."""

_ANSWERS = {
    "unauthorized": r"\b401\b|\bUNAUTHORIZED\b|authorization failed|no basic auth credentials",
    "forbidden": r"\b403\b|\bDENIED\b|pull access denied|insufficient_scope",
    "rate-limited": r"\b429\b|TOOMANYREQUESTS|Too Many Requests|pull rate limit",
    "not-found": r"\b404\b|MANIFEST_UNKNOWN|NAME_UNKNOWN|: not found|code = NotFound",
    "no-such-host": r"no such host|name resolution|server misbehaving",
    "plain-http": r"server gave HTTP response to HTTPS client|does not look like a TLS handshake",
    "untrusted-certificate": r"x509:|failed to verify certificate|certificate signed by",
    "timeout": r"deadline exceeded|i/o timeout|Client\.Timeout|TLS handshake timeout",
    "unreachable": r"connection refused|connection reset|no route to host|network is unreachable|\bEOF\b",
    "server-error": r"\b5\d\d (?:[A-Z][a-z]+ ?)+|status code 5\d\d",
}
_KINDS = [(kind, re.compile(pattern)) for kind, pattern in _ANSWERS.items()]

_PREFIXES = re.compile(
    r'.*(?:failed to resolve image to digest: |failed to resolve reference "[^"]*": |failed to do request: )',
    re.DOTALL,
)
_PLACE = re.compile(r"\[manifests [^\]]*\]|sha256:[0-9a-f]{64}|https?://\S+")
"""Parts in which a number may look like a status code."""


def kind_of(message: str) -> str:
    """Classify an error of the resolver or of a pull; `other` if it is none of the known ones."""
    if "failed to initialize authentication" in message:
        # With a Role that forbids it, or while the API server starts, Knative's controller reads no Secret.
        return "knative-may-not-read" if " is forbidden: User " in message else "malformed-pull-secret"
    answer = _PLACE.sub("", _ATTEMPTS.split(message)[-1])
    return next((kind for kind, pattern in _KINDS if pattern.search(answer)), "other")


def said(message: str) -> str:
    """Give the answer itself, without what was to be done and by whom."""
    answer = _PREFIXES.sub("", message).strip()
    return answer.removesuffix(" (HEAD responses have no body, use GET for details)")
