"""Pushing images to the registry that the lab runs, Debian's docker-registry."""

import hashlib
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lab import images
from lab.errors import LabError
from lab.images import MANIFEST_TYPE, Image, push

USER = "team"
PASSWORD = 'p&<"ä\\'


@dataclass(frozen=True)
class Registry:
    address: str
    log: Path
    auth: tuple[str, str] | None

    def get(self, path: str, accept: str = "*/*") -> bytes:
        response = httpx.get(
            f"http://{self.address}/v2/{path}", auth=self.auth, headers={"Accept": accept}, trust_env=False
        )
        return response.raise_for_status().content


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(params=["open", "protected"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Start a registry and do not wait for it: `push` does."""
    protected = request.param == "protected"
    address = f"127.0.0.1:{free_port()}"
    log = tmp_path / "registry.log"
    environment = {
        "REGISTRY_HTTP_ADDR": address,
        "REGISTRY_HTTP_SECRET": "test",
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(tmp_path / "data"),
    }
    if protected:
        passwords = tmp_path / "htpasswd"
        subprocess.run(["htpasswd", "-Bbc", passwords, USER, PASSWORD], check=True, capture_output=True)
        environment |= {"REGISTRY_AUTH_HTPASSWD_REALM": "test", "REGISTRY_AUTH_HTPASSWD_PATH": str(passwords)}
    config = tmp_path / "config.yml"
    config.write_text("version: 0.1\nstorage: {filesystem: {}}\nhttp: {}\n")
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["docker-registry", "serve", config], env=environment, stdout=output, stderr=output
        ) as process,
    ):
        yield Registry(address, log, (USER, PASSWORD) if protected else None)
        process.terminate()


@pytest.fixture
def image(tmp_path: Path) -> Image:
    program = tmp_path / "hello"
    program.write_bytes(b"program " * 200_000)
    program.chmod(0o755)
    return Image(files={"/hello": program}, entrypoint=["/hello"])


def test_what_is_pushed_can_be_pulled(registry: Registry, image: Image) -> None:
    built = image.build()
    digest = push(image, f"{registry.address}/team/hello:1.0", registry.auth)
    assert digest == built.digest
    by_tag = registry.get("team/hello/manifests/1.0", MANIFEST_TYPE)
    by_digest = registry.get(f"team/hello/manifests/{digest}", MANIFEST_TYPE)
    assert by_tag == by_digest == built.manifest
    for blob in (built.config, built.layer):
        assert registry.get(f"team/hello/blobs/sha256:{hashlib.sha256(blob).hexdigest()}") == blob


def test_a_second_push_sends_no_blob(registry: Registry, image: Image) -> None:
    push(image, f"{registry.address}/team/hello:1.0", registry.auth)
    uploads = registry.log.read_text().count("POST /v2/team/hello/blobs/uploads/")
    push(image, f"{registry.address}/team/hello:1.1", registry.auth)
    assert uploads > 0
    assert registry.log.read_text().count("POST /v2/team/hello/blobs/uploads/") == uploads
    assert registry.get("team/hello/manifests/1.1", MANIFEST_TYPE) == image.build().manifest


@pytest.mark.parametrize("registry", ["protected"], indirect=True)
@pytest.mark.parametrize("auth", [None, (USER, "other")])
def test_a_refused_push_says_so_without_the_password(
    registry: Registry, image: Image, auth: tuple[str, str] | None
) -> None:
    with pytest.raises(LabError) as refused:
        push(image, f"{registry.address}/team/hello:1.0", auth)
    assert str(refused.value) == (
        f"cannot push {registry.address}/team/hello:1.0: "
        f"{registry.address} answers 401, authentication required"
    )


def test_a_registry_that_is_not_there(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "START_SECONDS", 0.3)
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(LabError, match=f"cannot push {address}/hello:1: no connection to {address}: "):
        push(image, f"{address}/hello:1")
