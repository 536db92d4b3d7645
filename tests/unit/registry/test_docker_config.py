import json
from typing import Any

import pytest

from components.registry import docker_config
from components.registry.docker_config import DockerConfig, Entry
from components.registry.errors import RegistryError
from components.registry.opaque import OPAQUE


def usernames(config: DockerConfig) -> tuple[list[str], list[str]]:
    return (
        [entry.shown_username for entry in config.kubelet.entries],
        [entry.shown_username for entry in config.knative.entries],
    )


def of_entry(entry: Any) -> DockerConfig:
    return docker_config.parse(json.dumps({"auths": {"x.io": entry}}))


class TestRender:
    def test_four_values(self) -> None:
        text = docker_config.render(server="ghcr.io", username="ci", password="s3cret", email="ci@acme.io")
        assert text == (
            '{"auths":{"ghcr.io":{"username":"ci","password":"s3cret","email":"ci@acme.io",'
            '"auth":"Y2k6czNjcmV0"}}}'
        )

    def test_no_email(self) -> None:
        text = docker_config.render(server=" a b ", username="ü", password='<&>\u2028"\n\x01')
        assert text == (
            '{"auths":{" a b ":{"username":"ü","password":"\\u003c\\u0026\\u003e\\u2028\\"\\n\\u0001",'
            '"auth":"w7w6PCY+4oCoIgoB"}}}'
        )

    def test_several_entries_keep_their_order(self) -> None:
        entries = [Entry(key=key, username="a", password="b") for key in ("z.io", "a.io")]
        assert docker_config.render_entries(entries) == (
            '{"auths":{"z.io":{"username":"a","password":"b","auth":"YTpi"},'
            '"a.io":{"username":"a","password":"b","auth":"YTpi"}}}'
        )

    @pytest.mark.parametrize(
        ("server", "username", "password"), [("", "a", "b"), ("x", "", "b"), ("x", "a", "")]
    )
    def test_empty_values_are_refused(self, server: str, username: str, password: str) -> None:
        with pytest.raises(RegistryError, match="must not be empty"):
            docker_config.render(server=server, username=username, password=password)

    def test_a_key_given_twice_is_refused(self) -> None:
        with pytest.raises(RegistryError, match=r"'x.io' is given twice"):
            docker_config.render_entries([Entry(key="x.io", username="a", password="b")] * 2)

    def test_encrypted_values_are_refused(self) -> None:
        with pytest.raises(RegistryError, match="are encrypted and can't be written"):
            docker_config.render_entries([Entry(key="x.io", username="a", password=OPAQUE)])

    def test_what_is_rendered_is_read(self) -> None:
        config = docker_config.parse(docker_config.render(server="x.io", username="a", password="b:c"))
        assert config.kubelet.entries == (Entry(key="x.io", username="a", password="b:c"),)
        assert config.knative.entries == config.kubelet.entries
        assert config.findings == ()


class TestParse:
    @pytest.mark.parametrize(
        "auth",
        ["YTpi", "YTpi\n", "YT\r\npi", "YTpiYw==", "YTpiYw", "YTpiYw=\n=", "YTpiYx"],
    )
    def test_auth_that_go_decodes(self, auth: str) -> None:
        assert usernames(of_entry({"auth": auth})) == (["a"], ["a"])

    @pytest.mark.parametrize("auth", ["YTpi=", "YTpi ", " YTpi", "YTpiY", "a", "=", "YWI=", "\n", "YTpi-_"])
    def test_auth_that_go_refuses(self, auth: str) -> None:
        config = of_entry({"auth": auth})
        assert config.kubelet.error == config.knative.error
        assert config.kubelet.error == "auth of auths['x.io'] is not base64(username:password)"
        assert [finding.code for finding in config.findings] == ["auth-malformed"]

    def test_auth_wins_and_is_split_at_the_first_colon(self) -> None:
        (entry,) = of_entry({"username": "x", "password": "y", "auth": "YTpiOmM="}).kubelet.entries
        assert (entry.username, entry.password) == ("a", "b:c")

    def test_names_in_any_case_and_null_leaves_what_was_there(self) -> None:
        text = '{"AUTHS":{"x.io":{"UserName":"a","username":null,"pa\\u017f\\u017fword":"b"}}}'
        (entry,) = docker_config.parse(text).kubelet.entries
        assert (entry.username, entry.password) == ("a", "b")

    def test_null_documents_and_entries_are_empty(self) -> None:
        assert usernames(docker_config.parse("null")) == ([], [])
        assert usernames(docker_config.parse('{"auths":null}')) == ([], [])
        assert usernames(of_entry(None)) == ([""], [""])

    def test_the_last_of_equal_keys_counts(self) -> None:
        text = '{"auths":{"x":{"username":"a"},"y":{"username":"b"}},"Auths":{"x":{"username":"c"}}}'
        assert usernames(docker_config.parse(text)) == (["c", "b"], ["c", "b"])
        assert usernames(docker_config.parse(text[:-1] + ',"auths":null}')) == ([], [])

    def test_a_bad_entry_counts_even_if_replaced(self) -> None:
        text = '{"auths":{"x":{"auth":"?"},"x":{"username":"a"}}}'
        assert docker_config.parse(text).kubelet.error

    @pytest.mark.parametrize(
        ("text", "kubelet", "knative"),
        [
            ('{"auths":{"x":{"email":5}}}', False, True),
            ('{"auths":{"x":{"identitytoken":5}}}', True, False),
            ('{"auths":{"x":{"registrytoken":[]}}}', True, False),
            ('{"HttpHeaders":{"a":1}}', False, True),
            ('{"httpheaders":[]}', False, True),
            ('{"HttpHeaders":{"a":null}}', True, True),
            ('{"auths":{"x":{"username":5}}}', False, False),
            ('{"auths":{"x":"y"}}', False, False),
            ('{"auths":[]}', False, False),
            ("[]", False, False),
            ('"x"', False, False),
            ("5", False, False),
            ("{} x", False, False),
            (" ", False, False),
            ("\ufeff{}", False, False),
            ("NaN", False, False),
            ('{"x":1e999}', True, True),
            ('{"x":' + "1" * 5000 + "}", True, True),
            ('{"x":01}', False, False),
            ('{"x":"\t"}', False, False),
            ('{"x":"\x7f"}', True, True),
            ('{"auths":{"x":{"serveraddress":5}}}', True, True),
            ("{}" + " \n\t\r", True, True),
        ],
    )
    def test_each_reader_refuses_other_things(self, text: str, kubelet: bool, knative: bool) -> None:
        config = docker_config.parse(text)
        assert (not config.kubelet.error, not config.knative.error) == (kubelet, knative)

    def test_bytes_that_are_not_utf8_count_one_by_one(self) -> None:
        (entry,) = docker_config.parse(b'{"auths":{"x.io":{"username":"\xff\xed\xa0\x80"}}}').kubelet.entries
        assert entry.username == "\ufffd" * 4
        (entry,) = docker_config.parse(
            '{"auths":{"x.io":{"username":"\\ud800\\ud83d\\ude00"}}}'
        ).kubelet.entries
        assert entry.username == "\ufffd\U0001f600"

    def test_too_deep_is_refused_not_raised(self) -> None:
        assert "deep" in docker_config.parse('{"x":' + "[" * 100_000).kubelet.error

    def test_a_whole_config_of_docker_desktop(self) -> None:
        config = docker_config.parse(
            json.dumps(
                {
                    "auths": {"ghcr.io": {}, "x.azurecr.io": {"auth": "YTpi", "identitytoken": "t"}},
                    "credHelpers": {"ghcr.io": "gh"},
                    "HttpHeaders": {"User-Agent": "Docker-Client/20"},
                    "currentContext": "default",
                }
            )
        )
        assert [finding.code for finding in config.findings] == ["credential-store", "identity-token"]
        assert config.findings[0].message == (
            '"ghcr.io" contains no credentials (they are stored in credHelpers gh)'
        )

    def test_only_some_entries(self) -> None:
        config = docker_config.parse('{"auths":{"x":{"username":"a"},"y":{"username":"b"}}}')
        assert usernames(docker_config.only(config, ["y"])) == (["b"], ["b"])

    def test_repr_shows_no_password(self) -> None:
        config = of_entry({"username": "a", "password": "s3cret", "identitytoken": "t0ken"})
        assert "s3cret" not in repr(config)
        assert "t0ken" not in repr(config)
