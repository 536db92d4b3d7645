"""Builds container images of a few files and pushes them, without Docker.

An image is one layer. The same files, configuration and zlib give the same digest, whenever and wherever
it is built.
Formats: opencontainers/image-spec v1.1; protocol: opencontainers/distribution-spec v1.1, "Pushing blobs".
"""

import gzip
import hashlib
import io
import json
import platform
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from lab.errors import LabError

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"

NONROOT = "65532"
"""Knative demands a number: the kubelet cannot tell whether a named user is root."""

START_SECONDS = 10
"""How long a registry may take to accept its first connection."""

TIMEOUT_SECONDS = 60

# The fastest level: images go to a registry on the same machine.
COMPRESSION_LEVEL = 1

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

REFERENCE = re.compile(
    r"(?P<registry>[^/]+)/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*):(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})"
)


def machine_architecture() -> str:
    """Return this machine's architecture as Go and image configurations call it.

    Raises LabError when the lab's tools are not built for it.
    """
    try:
        return ARCHITECTURES[platform.machine()]
    except KeyError:
        raise LabError(
            f"the lab runs on {' or '.join(ARCHITECTURES)}, this machine is {platform.machine()}"
        ) from None


@dataclass(frozen=True)
class Built:
    """An image in the bytes that a registry stores."""

    layer: bytes
    config: bytes
    manifest: bytes

    @property
    def digest(self) -> str:
        """The manifest's digest, by which the image is known."""
        return _digest(self.manifest)


@dataclass(frozen=True, kw_only=True)
class Image:
    """What goes into an image."""

    files: Mapping[str, Path]
    """Absolute path in the image to the file to put there. It stays executable if it is."""
    entrypoint: Sequence[str]
    user: str = NONROOT
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    architecture: str = field(default_factory=machine_architecture)

    def build(self) -> Built:
        """Return the image's bytes. Raises OSError when a file cannot be read."""
        tar = _tar(self.files)
        layer = gzip.compress(tar, compresslevel=COMPRESSION_LEVEL, mtime=0)
        config = _json(
            {
                "architecture": self.architecture,
                "os": "linux",
                "config": {
                    "User": self.user,
                    "Env": [f"{name}={value}" for name, value in sorted(self.env.items())],
                    "Entrypoint": list(self.entrypoint),
                    "WorkingDir": "/",
                    "Labels": dict(self.labels),
                },
                "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
            }
        )
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor(CONFIG_TYPE, config),
                "layers": [_descriptor(LAYER_TYPE, layer)],
            }
        )
        return Built(layer, config, manifest)


def _tar(files: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folders = {parent for path in files for parent in PurePosixPath(path).parents}
        for folder in sorted(folders - {PurePosixPath("/")}):
            entry = _entry(folder, 0o755)
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        for path, source in sorted(files.items()):
            content = source.read_bytes()
            executable = source.stat().st_mode & 0o100
            entry = _entry(PurePosixPath(path), 0o755 if executable else 0o644)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _entry(path: PurePosixPath, mode: int) -> tarfile.TarInfo:
    """Return an entry owned by root and dated 1970, whoever builds it and when."""
    entry = tarfile.TarInfo(str(path.relative_to("/")))
    entry.mode = mode
    return entry


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(media_type: str, content: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def push(image: Image, reference: str, auth: tuple[str, str] | None = None) -> str:
    """Push an image to `registry/repository:tag` over plain HTTP and return its digest.

    `auth` is user name and password for basic authentication. What the registry has already is not sent
    again. A registry that has just been started is waited for.

    Raises LabError when the reference is malformed, or the registry cannot be reached or refuses.
    """
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise LabError(f"{reference!r} is not an image reference of the form registry/repository:tag")
    built = image.build()
    registry, repository, tag = match.group("registry", "repository", "tag")
    try:
        # trust_env: a proxy of the machine cannot reach the lab's network.
        with httpx.Client(
            base_url=f"http://{registry}/v2/", auth=auth, timeout=TIMEOUT_SECONDS, trust_env=False
        ) as client:
            _await(client)
            for blob in (built.layer, built.config):
                _push_blob(client, repository, blob)
            _checked(
                client.put(
                    f"{repository}/manifests/{tag}",
                    content=built.manifest,
                    headers={"Content-Type": MANIFEST_TYPE},
                )
            )
    except httpx.TransportError as error:
        raise LabError(f"cannot push {reference}: no connection to {registry}: {error}") from error
    except httpx.HTTPStatusError as error:
        answer = f"{error.response.status_code}{_reason(error.response)}"
        raise LabError(f"cannot push {reference}: {registry} answers {answer}") from error
    return built.digest


def exists(reference: str) -> bool:
    """Say whether a registry that is open to all has `registry/repository:tag`."""
    registry, _, rest = reference.partition("/")
    repository, _, tag = rest.rpartition(":")
    url = f"http://{registry}/v2/{repository}/manifests/{tag}"
    answer = httpx.head(url, headers={"Accept": MANIFEST_TYPE}, timeout=TIMEOUT_SECONDS, trust_env=False)
    return answer.status_code == httpx.codes.OK


def _await(client: httpx.Client) -> None:
    for attempt in Retrying(
        retry=retry_if_exception_type(httpx.ConnectError),
        stop=stop_after_delay(START_SECONDS),
        wait=wait_fixed(0.1),
        reraise=True,
    ):
        with attempt:
            _checked(client.get(""))


def _push_blob(client: httpx.Client, repository: str, blob: bytes) -> None:
    digest = _digest(blob)
    known = client.head(f"{repository}/blobs/{digest}")
    if known.status_code == httpx.codes.OK:
        return
    if known.status_code != httpx.codes.NOT_FOUND:
        known.raise_for_status()
    upload = _checked(client.post(f"{repository}/blobs/uploads/"))
    # The location may be relative, and carries a state of the upload that has to be kept.
    location = upload.url.join(upload.headers["Location"]).copy_merge_params({"digest": digest})
    _checked(client.put(location, content=blob, headers={"Content-Type": "application/octet-stream"}))


def _checked(response: httpx.Response) -> httpx.Response:
    return response.raise_for_status()


def _reason(response: httpx.Response) -> str:
    """Return the registry's own words, if it gives any (distribution-spec, "Error codes")."""
    try:
        return "".join(f", {error['message']}" for error in response.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return ""
