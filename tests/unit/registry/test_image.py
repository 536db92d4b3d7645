import pytest

from components.registry import image as images
from components.registry.errors import RegistryError
from components.registry.image import Image

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("image", "kubelet", "knative"),
    [
        (
            "nginx",
            Image("docker.io", "library/nginx", "latest", ""),
            Image("index.docker.io", "library/nginx", "latest", ""),
        ),
        (
            "acme/app:1",
            Image("docker.io", "acme/app", "1", ""),
            Image("index.docker.io", "acme/app", "1", ""),
        ),
        (
            "index.docker.io/nginx",
            Image("docker.io", "library/nginx", "latest", ""),
            Image("index.docker.io", "library/nginx", "latest", ""),
        ),
        (
            f"ghcr.io/a/b:1@{DIGEST}",
            Image("ghcr.io", "a/b", "1", DIGEST),
            Image("ghcr.io", "a/b", "1", DIGEST),
        ),
        (f"ghcr.io/a/b@{DIGEST}", Image("ghcr.io", "a/b", "", DIGEST), Image("ghcr.io", "a/b", "", DIGEST)),
        (
            "localhost/app",
            Image("localhost", "app", "latest", ""),
            Image("index.docker.io", "localhost/app", "latest", ""),
        ),
        (
            "Foo/bar",
            Image("Foo", "bar", "latest", ""),
            None,
        ),
        ("host:5000/app", Image("host:5000", "app", "latest", ""), Image("host:5000", "app", "latest", "")),
        (
            "foo_bar.com/app",
            Image("foo_bar.com", "app", "latest", ""),
            Image("foo_bar.com", "app", "latest", ""),
        ),
        ("gcr.io/a", Image("gcr.io", "a", "latest", ""), None),
        ("gcr.io/p/a:", None, Image("gcr.io", "p/a", "latest", "")),
        ("https://gcr.io/p/a", None, Image("https:", "/gcr.io/p/a", "latest", "")),
        ("a" * 64, None, Image("index.docker.io", "library/" + "a" * 64, "latest", "")),
        (f"ghcr.io/a/b@{DIGEST[:-1]}", None, None),
        (f"ghcr.io/a/b@{DIGEST.upper()}", None, None),
        ("ghcr.io/a/b:" + "t" * 129, None, None),
        ("ghcr.io/" + "a" * 256, None, None),
        ("ghcr.io/a/b\n", None, None),
        ("ghcr.io/ä/b", None, None),
        ("", None, None),
        (
            f"ghcr.io/a/b@sha512:{'ab' * 64}",
            Image("ghcr.io", "a/b", "", f"sha512:{'ab' * 64}"),
            None,
        ),
        ("a:b:80/app", None, Image("a:b:80", "app", "latest", "")),
    ],
)
def test_as_each_reader_parses_it(image: str, kubelet: Image | None, knative: Image | None) -> None:
    for parse, expected in ((images.for_kubelet, kubelet), (images.for_knative, knative)):
        if expected is None:
            with pytest.raises(RegistryError, match="is not an image reference: "):
                parse(image)
        else:
            assert parse(image) == expected


def test_a_long_name_on_docker_hub_with_a_digest_is_refused_as_by_knative() -> None:
    assert images.for_knative("a" * 250).path == "library/" + "a" * 250
    with pytest.raises(RegistryError):
        images.for_knative(f"{'a' * 250}@{DIGEST}")


@pytest.mark.parametrize("image", ["ghcr.io/acme/app:1.2", f"ghcr.io/acme/app@{DIGEST}", "acme/app:1"])
def test_nothing_to_say_of_good_images(image: str) -> None:
    assert images.check(image) == ()


def test_a_password_in_an_image_is_masked() -> None:
    (found,) = images.check("https://ci:s3cret@gcr.io/p/app:1")
    assert found.message == '"https://***@gcr.io/p/app:1" begins with a scheme'
    with pytest.raises(RegistryError, match="is not an image reference") as error:
        images.for_kubelet("ci:s3cret@gcr.io/p/app")
    assert "s3cret" not in str(error.value)
