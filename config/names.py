"""Names that Kubernetes and Knative accept.

Sources: apimachinery `pkg/util/validation/validation.go` (DNS-1123, DNS-1035), serving
`pkg/apis/serving/v1/service_validation.go` (a Knative Service's name is a DNS-1035 label).
"""

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def dns_label(name: str) -> str:
    """Return a DNS-1123 label unchanged. Raises ValueError."""
    if len(name) > 63 or not _LABEL.fullmatch(name):
        raise ValueError(
            "not a valid name. Use at most 63 lower-case letters, digits and '-', starting and ending "
            "with a letter or digit, for example 'team-a'"
        )
    return name


def dns_subdomain(name: str) -> str:
    """Return a DNS-1123 subdomain unchanged. Raises ValueError."""
    if len(name) > 253 or not _SUBDOMAIN.fullmatch(name):
        raise ValueError(
            "not a valid name. Use at most 253 lower-case letters, digits, '-' and '.', starting and ending "
            "with a letter or digit, for example 'container-registry'"
        )
    return name


def knative_service(name: str) -> str:
    """Return the name of a Knative Service unchanged. Raises ValueError."""
    if len(name) > 63 or not _DNS_1035.fullmatch(name):
        raise ValueError(
            "not a valid name for a Knative Service. Use at most 63 lower-case letters, digits and '-', "
            "starting with a letter and ending with a letter or digit, for example 'hello'"
        )
    return name
