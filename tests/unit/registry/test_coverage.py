from typing import Any

from components.registry import coverage, docker_config
from components.registry.coverage import Coverage, PullSecret, Reader, Report, ServiceAccount, Workload
from components.registry.docker_config import DockerConfig, Entry
from components.registry.opaque import OPAQUE

DIGEST = "sha256:" + "ab" * 32


def secret(name: str, *keys: str, user: str = "", namespace: str = "apps") -> PullSecret:
    config = docker_config.from_entries(
        Entry(key=key, username=user or name, password=OPAQUE) for key in keys
    )
    return PullSecret(name=name, namespace=namespace, config=config)


def check(
    *images: str,
    secrets: list[PullSecret],
    on_service: tuple[str, ...] = (),
    on_account: tuple[str, ...] | None = None,
    public: tuple[str, ...] = (),
    **options: Any,
) -> Report:
    names = tuple(item.name for item in secrets) if on_account is None else on_account
    return coverage.check(
        workloads=[
            Workload(
                name="hello",
                namespace="apps",
                images=images,
                pull_secrets=on_service,
                public_images=public,
            )
        ],
        pull_secrets=secrets,
        service_accounts=[ServiceAccount(name="default", namespace="apps", pull_secrets=names)],
        **options,
    )


def shown(item: Coverage) -> tuple[str, str, tuple[str, ...], tuple[str, ...], list[str]]:
    return item.reader, item.result, item.usernames, item.secrets, [found.code for found in item.findings]


def test_one_result_per_image_and_reader_in_order() -> None:
    report = check(
        "ghcr.io/acme/app:1",
        "quay.io/acme/app:1",
        secrets=[secret("ghcr", "ghcr.io"), secret("quay", "quay.io")],
    )
    assert [(item.image, item.reader, item.result, item.usernames) for item in report.coverages] == [
        ("ghcr.io/acme/app:1", Reader.KUBELET, "credential", ("ghcr",)),
        ("ghcr.io/acme/app:1", Reader.KNATIVE, "credential", ("ghcr",)),
        ("quay.io/acme/app:1", Reader.KUBELET, "credential", ("quay",)),
        ("quay.io/acme/app:1", Reader.KNATIVE, "credential", ("quay",)),
    ]
    assert report.findings == ()
    assert all(item.is_covered for item in report.coverages)


def test_the_pods_list_replaces_the_service_accounts_for_the_kubelet_only() -> None:
    report = check(
        "ghcr.io/acme/app:1",
        secrets=[secret("ghcr", "ghcr.io"), secret("quay", "quay.io")],
        on_service=("quay",),
        on_account=("ghcr",),
    )
    kubelet, knative = report.coverages
    assert shown(kubelet) == ("kubelet", "anonymous", (), (), ["list-hides-service-account"])
    assert shown(knative) == ("knative", "credential", ("ghcr",), ("ghcr",), [])
    assert not kubelet.is_covered
    assert report.errors == kubelet.findings
    assert kubelet.findings[0].where == "Knative Service apps/hello"


def test_knative_presents_the_revisions_first_and_the_kubelet_tries_both() -> None:
    report = check(
        "ghcr.io/acme/app:1",
        secrets=[secret("old", "ghcr.io"), secret("new", "ghcr.io")],
        on_service=("new", "old"),
        on_account=("old",),
    )
    kubelet, knative = report.coverages
    assert shown(kubelet) == ("kubelet", "credential", ("new", "old"), ("new", "old"), [])
    assert shown(knative) == ("knative", "credential", ("new",), ("new",), ["several-secrets"])


def test_two_names_of_docker_hub_in_one_secret_are_ambiguous() -> None:
    config = docker_config.from_entries(
        Entry(key=key, username=key, password="p")
        for key in ("index.docker.io", "https://index.docker.io/v1/")
    )
    report = check("acme/app:1", secrets=[PullSecret(name="hub", namespace="apps", config=config)])
    assert report.coverages[1].result == "ambiguous"
    assert [found.code for found in report.coverages[1].findings] == ["same-place-twice"]


def test_a_public_image_needs_no_credential() -> None:
    report = check("docker.io/library/nginx:1", secrets=[], public=("docker.io/library/nginx:1",))
    assert [item.result for item in report.coverages] == ["anonymous", "anonymous"]
    assert all(item.is_covered for item in report.coverages)
    assert report.findings == ()


def test_an_image_that_is_refused_is_not_covered_by_being_public() -> None:
    report = check("ghcr.io/a b:1", secrets=[], public=("ghcr.io/a b:1",))
    assert not any(item.is_covered for item in report.coverages)


def test_the_resolver_does_not_ask_for_digests_and_skipped_registries() -> None:
    images = (f"ghcr.io/acme/app@{DIGEST}", "quay.io/acme/app:1", "acme/app:1")
    report = check(
        *images,
        secrets=[secret("all", "ghcr.io", "quay.io", "docker.io")],
        skip_tag_resolution=["quay.io", "index.docker.io"],
    )
    assert [item.result for item in report.coverages if item.reader == Reader.KNATIVE] == ["not-asked"] * 3
    assert report.errors == ()


def test_the_skip_list_knows_docker_hub_as_the_resolver_does() -> None:
    report = check("acme/app:1", secrets=[secret("hub", "docker.io")], skip_tag_resolution=["docker.io"])
    assert [found.code for found in report.errors] == ["covered-for-one-reader"]


def test_a_secret_that_cannot_be_read_decides_nothing_and_is_said() -> None:
    opaque = PullSecret(name="old", namespace="apps", config=OPAQUE)
    report = check("ghcr.io/acme/app:1", "quay.io/a/b:1", secrets=[opaque, secret("quay", "quay.io")])
    assert [item.result for item in report.coverages] == ["unknown", "unknown", "credential", "credential"]
    assert report.errors == ()
    assert report.skipped == ('Secret "apps/old" can\'t be read: what it is for was not checked',)


def test_a_refused_docker_config_breaks_every_image() -> None:
    bad: DockerConfig = docker_config.parse('{"auths":{"x.io":{"auth":"?"}}}')
    report = check(
        f"ghcr.io/acme/app@{DIGEST}",
        secrets=[secret("ghcr", "ghcr.io"), PullSecret(name="bad", namespace="apps", config=bad)],
    )
    assert [item.result for item in report.coverages] == ["keyring-error", "keychain-error"]
    assert [found.code for found in report.errors] == [
        "auth-malformed",
        "docker-config-refused",
        "docker-config-refused",
    ]


def test_secrets_of_another_type_are_seen_by_nobody() -> None:
    wrong = PullSecret(name="ghcr", namespace="apps", config=secret("x", "ghcr.io").config, type="Opaque")
    report = check("ghcr.io/acme/app:1", secrets=[wrong])
    assert [found.code for found in report.errors] == ["secret-type", "image-not-covered"]


def test_a_service_account_that_is_not_declared_has_no_secrets() -> None:
    report = coverage.check(
        workloads=[Workload(name="a", namespace="apps", images=["ghcr.io/a/b:1"], service_account="builder")],
        pull_secrets=[secret("ghcr", "ghcr.io")],
        service_accounts=[ServiceAccount(name="default", namespace="apps", pull_secrets=["ghcr"])],
    )
    assert [item.result for item in report.coverages] == ["anonymous", "anonymous"]


def test_namespaces_are_apart() -> None:
    report = coverage.check(
        workloads=[Workload(name="a", namespace=ns, images=["ghcr.io/a/b:1"]) for ns in ("one", "two")],
        pull_secrets=[secret("ghcr", "ghcr.io", namespace="one"), secret("ghcr", "quay.io", namespace="two")],
        service_accounts=[
            ServiceAccount(name="default", namespace=ns, pull_secrets=["ghcr"]) for ns in ("one", "two")
        ],
    )
    assert [item.result for item in report.coverages] == ["credential"] * 2 + ["anonymous"] * 2


def test_registries_without_tls_that_the_resolver_reaches() -> None:
    for registry in (
        "localhost:5000",
        "10.1.2.3:5000",
        "192.168.0.1",
        "r.local",
        "r.localhost:80",
        "[::1]:5000",
    ):
        report = check(f"{registry}/a/b:1", secrets=[secret("s", registry)], insecure_registries=[registry])
        assert report.errors == (), registry


def test_an_insecure_registry_is_fine_for_digests_and_skipped_registries() -> None:
    for image, skip in ((f"r.acme.io/a/b@{DIGEST}", ()), ("r.acme.io/a/b:1", ("r.acme.io",))):
        report = check(
            image,
            secrets=[secret("s", "r.acme.io")],
            insecure_registries=["r.acme.io"],
            skip_tag_resolution=skip,
        )
        assert report.errors == ()


def test_a_path_at_a_boundary_is_not_called_textual() -> None:
    for key, image in (("gcr.io/proj", "gcr.io/proj/app:1"), ("gcr.io/proj/app", "gcr.io/proj/app:1")):
        assert check(image, secrets=[secret("s", key)]).findings == ()


def test_a_path_on_docker_hub_with_both_keys_covers_both() -> None:
    report = check("acme/app:1", secrets=[secret("hub", "index.docker.io/acme", "docker.io/acme")])
    assert [item.result for item in report.coverages] == ["credential", "credential"]
    assert report.findings == ()


def test_the_queue_proxy_is_fine_if_the_services_list_has_its_registry() -> None:
    report = check(
        "quay.io/a/b:1",
        secrets=[secret("quay", "quay.io"), secret("ghcr", "ghcr.io")],
        on_service=("quay", "ghcr"),
        on_account=("ghcr",),
        queue_proxy_image="ghcr.io/knative/queue:1",
    )
    assert report.findings == ()
