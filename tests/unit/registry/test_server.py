import pytest

from components.registry import server
from components.registry.server import DOCKER_HUB

HUB = (DOCKER_HUB, (DOCKER_HUB,))


@pytest.mark.parametrize(
    ("text", "address", "keys"),
    [
        ("https://index.docker.io/v1/", *HUB),
        ("https://index.docker.io/v1", *HUB),
        ("index.docker.io", *HUB),
        ("docker.io", *HUB),
        ("https://docker.io/", *HUB),
        ("Docker.io", *HUB),
        ("registry-1.docker.io", *HUB),
        ("hub.docker.com", *HUB),
        ("registry.hub.docker.com", *HUB),
        ("docker.io/acme", "index.docker.io/acme", ("index.docker.io/acme", "docker.io/acme")),
        (
            "https://index.docker.io/v1/acme/",
            "index.docker.io/acme",
            ("index.docker.io/acme", "docker.io/acme"),
        ),
        ("docker.io:443", "docker.io:443", ("docker.io:443",)),
        (" ghcr.io\n", "ghcr.io", ("ghcr.io",)),
        ("https://GHCR.io/", "ghcr.io", ("ghcr.io",)),
        ("http://host:5000/team/", "host:5000/team", ("host:5000/team",)),
        ("gcr.io/v2/", "gcr.io", ("gcr.io",)),
        ("gcr.io/v1/proj", "gcr.io/proj", ("gcr.io/proj",)),
        ("*.azurecr.io", "*.azurecr.io", ("*.azurecr.io",)),
        ("[::1]:5000", "[::1]:5000", ("[::1]:5000",)),
    ],
)
def test_canonical(text: str, address: str, keys: tuple[str, ...]) -> None:
    parsed = server.parse(text)
    assert (parsed.address, parsed.keys) == (address, keys)
    assert parsed.is_usable


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "ghcr.io acme", "oci://ghcr.io", "ftp://x", "//gcr.io", "gcr.io//", "*.docker.io",
        "https://https://gcr.io", "https://", "host:*", "host:abc", "host:", "host:0", "host:65536",
        "[a-z].x.io", "%zz", "gcr.io/%zz", "ghcr.io/Acme", "https://u:p@h.io", "ghcr.io/org/app:1.2",
        "ghcr.io/app@sha256:ab", "gcr.io/?x=1", "gcr.io/#x", "a..b", "gcr.io/a b", "-gcr.io", "[::1",
        "a\x00b",
    ],
)  # fmt: skip
def test_unusable(text: str) -> None:
    parsed = server.parse(text)
    assert not parsed.is_usable
    assert parsed.keys == ()


def test_what_is_canonical_has_nothing_to_report_and_stays_as_it_is() -> None:
    for text in ("ghcr.io", DOCKER_HUB, "index.docker.io/acme", "host:5000/team", "*.azurecr.io"):
        parsed = server.parse(text)
        assert parsed.findings == ()
        assert parsed.address == text


def test_parts_of_an_address() -> None:
    parsed = server.parse("http://Host.Acme.io:5000/team")
    assert (parsed.host, parsed.port, parsed.path) == ("host.acme.io", "5000", "/team")
    assert parsed.registry == "host.acme.io:5000"
    assert parsed.insecure
    assert server.parse("docker.io").is_docker_hub


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("https://index.docker.io/v1/", []),
        ("docker.io/acme", ["hub-kubelet-only-address"]),
        ("index.docker.io/acme", ["hub-knative-only-address"]),
        (" gcr.io", ["server-blank-around", "not-an-address"]),
        ("GCR.io", ["server-host-case"]),
    ],
)
def test_verbatim_keeps_every_byte_and_says_what_it_breaks(text: str, codes: list[str]) -> None:
    parsed = server.parse(text, verbatim=True)
    assert (parsed.address, parsed.keys) == (text, (text,))
    assert [finding.code for finding in parsed.findings] == codes


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ci:pw@ghcr.io/x", "https://***@ghcr.io/x"),
        ("ci:p/w@ghcr.io", "***@ghcr.io"),
        ("https://ci:p@w@ghcr.io", "https://***@ghcr.io"),
        ("ghcr.io/app@sha256:ab", "ghcr.io/app@sha256:ab"),
        ("ci:pw@ghcr.io/app@sha256:ab", "***@ghcr.io/app@sha256:ab"),
    ],
)
def test_mask(address: str, shown: str) -> None:
    assert server.mask(address) == shown


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("https://index.docker.io/v1/", b"index.docker.io"),
        ("gcr.io/v2/proj", b"gcr.io/proj"),
        ("gcr.io/v2", b"gcr.io/v2"),
        ("gcr.io/#f", b"gcr.io"),
        ("gcr.io?x", b"gcr.io"),
        ("user@gcr.io/", b"gcr.io"),
        ("us er@gcr.io", None),
        ("gcr.io/a%2fb", b"gcr.io/a/b"),
        ("gcr.io/%ff", b"gcr.io/\xff"),
        ("gcr.io/%f", None),
        ("gcr.io#%zz", None),
        ("gcr.io#\n", b"gcr.io"),
        ("gcr.io\n", None),
        ("h%C3%A9.io", b"h\xc3\xa9.io"),
        ("h%41.io", None),
        ("h\u00e9.io", b"h\xc3\xa9.io"),
        ("host:", b"host:"),
        ("a:b:80", None),
        ("[fe80::1%25en0]:80", b"[fe80::1%en0]:80"),
        ("[1.2.3.4]", None),
        ("[::ffff:1.2.3.4]", b"[::ffff:1.2.3.4]"),
        ("[::1]x", None),
        ("x[::1]", None),
        ("HTTPS://gcr.io", b"HTTPS://gcr.io"),
        ("HTTPS:", b"HTTPS:"),
        ("*", b"*"),
    ],
)
def test_normalised_as_go_does(key: str, place: bytes | None) -> None:
    assert server.normalise(key) == place
