import json
from typing import Any

import pytest

from components.registry import docker_config, keyring
from components.registry.keyring import KnativeKeychain, KubeletKeyring


def secret(**usernames: str) -> str:
    return config({key: {"username": name, "password": f"p-{name}"} for key, name in usernames.items()})


def config(auths: dict[str, Any]) -> str:
    return json.dumps({"auths": auths})


def one(key: str, username: str) -> str:
    return config({key: {"username": username, "password": f"p-{username}"}})


def test_the_answer_is_the_object_of_kpr_match() -> None:
    secrets = [one("https://index.docker.io/v1/", "hub"), one("bad key", "x")]
    assert keyring.match(secrets, "acme/app:1.0").as_json() == {
        "kubelet": {
            "result": "credential",
            "usernames": ["hub"],
            "repository": "docker.io/acme/app",
            "ignored": ["bad key"],
        },
        "knative": {"result": "keychain-error", "usernames": [], "repository": "index.docker.io/acme/app"},
    }


def test_the_kubelet_tries_all_in_reverse_order_of_keys_and_knative_takes_the_first() -> None:
    secrets = [
        config(
            {
                key: {"username": key, "password": "p"}
                for key in ("*.azurecr.io/team", "foo.azurecr.io", "foo.azurecr.io/team", "*.azurecr.io")
            }
        )
    ]
    match = keyring.match(secrets, "foo.azurecr.io/team/app")
    assert match.kubelet.usernames == (
        "foo.azurecr.io/team",
        "foo.azurecr.io",
        "*.azurecr.io/team",
        "*.azurecr.io",
    )
    assert match.knative.usernames == ("foo.azurecr.io/team",)
    assert [candidate.entry.key for candidate in match.knative.unused] == [
        "foo.azurecr.io",
        "*.azurecr.io/team",
        "*.azurecr.io",
    ]


def test_the_secrets_of_one_key_are_tried_in_the_order_of_the_list() -> None:
    match = keyring.match([one("gcr.io", "b"), one("https://gcr.io", "a")], "gcr.io/p/app")
    assert match.kubelet.usernames == ("b", "a")
    assert [candidate.config for candidate in match.kubelet.candidates] == [0, 1]
    assert match.knative.usernames == ("b",)
    assert match.knative.result == "credential"


def test_one_place_twice_in_one_secret_is_ambiguous_for_knative() -> None:
    text = secret(**{"https://index.docker.io/v1/": "b", "index.docker.io": "a"})
    match = keyring.match([text], "acme/app")
    assert match.knative.result == "ambiguous"
    assert match.knative.usernames == ("a", "b")
    assert set(match.kubelet.usernames) == {"a", "b"}


def test_one_place_twice_with_the_same_credential_is_not_ambiguous() -> None:
    text = secret(**{"https://index.docker.io/v1/": "a", "index.docker.io": "a"})
    assert keyring.match([text], "acme/app").knative.result == "credential"


def test_one_name_with_two_passwords_is_ambiguous() -> None:
    text = config(
        {"gcr.io": {"username": "a", "password": "1"}, "gcr.io/": {"username": "a", "password": "2"}}
    )
    match = keyring.match([text], "gcr.io/p/app")
    assert (match.knative.result, match.knative.usernames) == ("ambiguous", ("a",))


def test_an_earlier_secret_settles_what_a_later_one_leaves_open() -> None:
    later = secret(**{"gcr.io": "b", "https://gcr.io": "c"})
    assert keyring.match([one("gcr.io/", "a"), later], "gcr.io/p/app").knative.usernames == ("a",)


def test_docker_hub_falls_back_to_the_index_key_only_if_nothing_matched() -> None:
    secrets = [one("https://index.docker.io/v1/", "index"), one("docker.io/acme", "acme")]
    assert keyring.match(secrets, "acme/app").kubelet.usernames == ("acme",)
    assert keyring.match(secrets, "other/app").kubelet.usernames == ("index",)


def test_the_fallback_to_docker_hub_takes_any_host_without_a_dot() -> None:
    match = keyring.match([one("index.docker.io", "index")], "localhost/app")
    assert match.kubelet.usernames == ("index",)


def test_a_path_is_a_textual_prefix() -> None:
    assert keyring.match([one("gcr.io/pro", "a")], "gcr.io/proj2/app").kubelet.usernames == ("a",)
    assert keyring.match([one("gcr.io/proj/", "a")], "gcr.io/proj2/app").kubelet.usernames == ()


def test_an_identity_token_is_shown_as_such_and_only_knative_reads_it() -> None:
    text = config({"x.azurecr.io": {"username": "0000", "identitytoken": "tok"}})
    match = keyring.match([text], "x.azurecr.io/app/a")
    assert match.knative.usernames == ("<token>",)
    assert match.kubelet.usernames == ("0000",)


def test_a_malformed_entry_breaks_every_image_for_both() -> None:
    secrets = [one("gcr.io", "a"), config({"other.io": {"auth": "bm9jb2xvbg=="}})]
    match = keyring.match(secrets, "gcr.io/p/app")
    assert match.kubelet.result == "keyring-error"
    assert match.knative.result == "keychain-error"
    assert match.kubelet.error == "auth of auths['other.io'] is not base64(username:password)"
    assert match.as_json()["kubelet"]["usernames"] == []


def test_empty_text_is_skipped() -> None:
    match = keyring.match(["", one("gcr.io", "a")], "gcr.io/p/app")
    assert (match.kubelet.usernames, match.knative.usernames) == (("a",), ("a",))


def test_an_empty_entry_is_a_credential_all_the_same() -> None:
    match = keyring.match([config({"gcr.io": {}})], "gcr.io/p/app")
    assert match.kubelet.result == match.knative.result == "credential"
    assert match.kubelet.usernames == match.knative.usernames == ("",)


@pytest.mark.parametrize(
    "key", ["[::1]", "gcr.io/%01", "gcr.io?", "//", "https://", "[fe80::1%25en0]", "[::ffff:1.2.3.4]"]
)
def test_keys_that_go_accepts_and_never_matches(key: str) -> None:
    assert keyring.match([one(key, "a")], "[::1]/p/app").kubelet.usernames == ()
    assert keyring.match([one(key, "a")], "[::1]/p/app").kubelet.ignored == ()


def test_the_index_finds_what_a_scan_of_all_keys_finds() -> None:
    keys = [f"r{n}.example.com/t{m}" for n in range(20) for m in range(3)]
    keys += ["*.example.com", "r1.*.com", "r*.example.com/t1", "*.*.*", "r1.example.com:5000", "example.com"]
    configs = [docker_config.parse(secret(**{key: key})) for key in keys]
    kubelet, knative = KubeletKeyring(configs), KnativeKeychain(configs)
    for image in ("r1.example.com/t1/app", "r1.example.com:5000/t1/app", "r3.example.com/x/app", "a.b/c/d"):
        alone = [
            key
            for key, one_config in zip(keys, configs, strict=True)
            if KubeletKeyring([one_config]).look_up(image).candidates
        ]
        assert kubelet.look_up(image).usernames == tuple(sorted(alone, reverse=True))
        assert knative.look_up(image).usernames == tuple(sorted(alone, reverse=True)[:1])
