"""A stack file read without its passphrase."""

import pytest
from ruamel.yaml import YAML

from config.models import Encrypted
from config.problems import InvalidConfig
from config.validation import plaintext_credentials, validate, with_encrypted

PROJECT = "knative-private-registry"


def read(text: str) -> dict[str, object]:
    data = with_encrypted(YAML(typ="safe").load(text))
    assert isinstance(data, dict)
    return data


def test_an_encrypted_credential_is_present_and_opaque() -> None:
    data = read("registries: {ghcr: {server: ghcr.io, username: me, password: {secure: v1:abc}}}")
    password = validate(data, project=PROJECT).registries["ghcr"].password
    assert isinstance(password, Encrypted)
    with pytest.raises(TypeError, match=r"^this value is encrypted$"):
        password.get_secret_value()
    assert plaintext_credentials(data, project=PROJECT) == []


def test_a_plain_credential_is_found_beside_an_encrypted_one() -> None:
    data = read(
        """
        registries:
          ghcr: {server: ghcr.io, username: me, password: {secure: v1:abc}}
          old: {dockerConfigJson: "{}"}
        """
    )
    assert [str(problem) for problem in plaintext_credentials(data, project=PROJECT)] == [
        f"{PROJECT}:registries.old.dockerConfigJson: is not encrypted, so that everybody who can read the "
        "file has it. Set it again with: pulumi config set --secret --path registries.old.dockerConfigJson"
    ]


def test_a_plain_credential_is_found_in_broken_data() -> None:
    data = read("registries: {ghcr: {nonsense: 1, password: 12}, hub: 3}")
    assert len(plaintext_credentials(data, project=PROJECT)) == 1
    assert plaintext_credentials({"registries": [1]}, project=PROJECT) == []


def test_whatever_is_encrypted_as_a_whole_cannot_be_checked() -> None:
    with pytest.raises(InvalidConfig) as caught:
        validate(read("registries: {secure: v1:abc}"), project=PROJECT)
    assert str(caught.value) == (
        f"{PROJECT}:registries: is encrypted as a whole, so that nothing in it can be checked. "
        "Encrypt the credentials only, each with: pulumi config set --secret --path registries.KEY.password"
    )


def test_an_encrypted_username_is_taken_as_it_is() -> None:
    data = read("registries: {ghcr: {username: {secure: v1:abc}, password: {secure: v1:abc}}}")
    assert isinstance(validate(data, project=PROJECT).registries["ghcr"].username, Encrypted)


def test_other_encrypted_values_are_refused() -> None:
    data = read(
        """
        registries: {ghcr: {server: {secure: v1:abc}}}
        services: {hello: {namespace: a, image: b, env: {A: {secure: v1:abc}}}}
        """
    )
    with pytest.raises(InvalidConfig) as caught:
        validate(data, project=PROJECT)
    assert str(caught.value).splitlines() == [
        f"{PROJECT}:registries.ghcr.server: is encrypted, so that it cannot be checked. "
        "Set it again without --secret",
        f"{PROJECT}:services.hello.env.A: is encrypted, but would be in clear in the cluster. "
        "Put it in a Secret and name that, for example in envFromSecrets",
    ]
