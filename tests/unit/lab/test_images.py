"""The bytes of the lab's images; pushing them is tested in tests/lab against a real registry."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import Image, machine_architecture, push


@pytest.fixture
def image(tmp_path: Path) -> Image:
    program = tmp_path / "built"
    program.write_bytes(b"\x7fELF program")
    program.chmod(0o700)
    certificates = tmp_path / "bundle.pem"
    certificates.write_bytes(b"certificates\n")
    certificates.chmod(0o600)
    return Image(
        files={"/hello": program, "/etc/ssl/certs/ca-certificates.crt": certificates},
        entrypoint=["/hello", "--flag"],
        env={"TARGET": "World", "PORT": "8080"},
        labels={"org.opencontainers.image.title": "hello"},
        architecture="amd64",
    )


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_the_layer_holds_the_files_owned_by_root_and_their_folders(image: Image) -> None:
    with tarfile.open(fileobj=io.BytesIO(image.build().layer), mode="r:gz") as archive:
        entries = [
            (
                entry.name,
                entry.type,
                oct(entry.mode),
                (entry.uid, entry.gid, entry.uname, entry.gname),
                entry.mtime,
                file.read() if (file := archive.extractfile(entry)) else None,
            )
            for entry in archive
        ]
    root = (0, 0, "", "")
    assert entries == [
        ("etc", tarfile.DIRTYPE, "0o755", root, 0, None),
        ("etc/ssl", tarfile.DIRTYPE, "0o755", root, 0, None),
        ("etc/ssl/certs", tarfile.DIRTYPE, "0o755", root, 0, None),
        ("etc/ssl/certs/ca-certificates.crt", tarfile.REGTYPE, "0o644", root, 0, b"certificates\n"),
        ("hello", tarfile.REGTYPE, "0o755", root, 0, b"\x7fELF program"),
    ]


def test_the_config_says_how_to_run_it(image: Image) -> None:
    built = image.build()
    assert json.loads(built.config) == {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": "65532",
            "Env": ["PORT=8080", "TARGET=World"],
            "Entrypoint": ["/hello", "--flag"],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.title": "hello"},
        },
        "rootfs": {"type": "layers", "diff_ids": [sha256(gzip.decompress(built.layer))]},
    }


def test_the_manifest_names_config_and_layer(image: Image) -> None:
    built = image.build()
    assert json.loads(built.manifest) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": sha256(built.config),
            "size": len(built.config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": sha256(built.layer),
                "size": len(built.layer),
            }
        ],
    }
    assert built.digest == sha256(built.manifest)


def test_the_same_input_gives_the_same_digest(image: Image, tmp_path: Path) -> None:
    """Neither the order, nor the time, nor the place of the files, nor group and world permissions matter."""
    elsewhere = {}
    for path, source in reversed(list(image.files.items())):
        copy = tmp_path / f"copy-of-{source.name}"
        copy.write_bytes(source.read_bytes())
        copy.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
        os.utime(copy, (1, 1))
        elsewhere[path] = copy
    again = Image(
        files=elsewhere,
        entrypoint=list(image.entrypoint),
        env=dict(reversed(list(image.env.items()))),
        labels=image.labels,
        architecture="amd64",
    )
    assert again.build() == image.build()


def test_other_content_gives_another_digest(image: Image) -> None:
    before = image.build().digest
    image.files["/hello"].write_bytes(b"\x7fELF other program")
    assert image.build().digest != before


def test_the_architecture_is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert machine_architecture() == "arm64"
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    with pytest.raises(LabError, match="the lab runs on x86_64 or aarch64, this machine is s390x"):
        machine_architecture()


@pytest.mark.parametrize(
    "reference",
    [
        "hello:1",
        "localhost:5000/hello",
        "localhost:5000/Team/hello:1",
        "localhost:5000/hello:",
        "localhost:5000/hello@sha256:0123",
        "http://localhost:5000/hello:1",
    ],
)
def test_a_malformed_reference_is_refused(image: Image, reference: str) -> None:
    with pytest.raises(LabError, match="is not an image reference of the form registry/repository:tag"):
        push(image, reference)
