"""How long the keyrings take, and whether unrelated registries cost anything.

Run from the repository's root: `python -m benchmarks.registry_keyring`
"""

import time
from collections.abc import Callable

from components.registry import docker_config, keyring
from components.registry.docker_config import DockerConfig
from components.registry.keyring import KnativeKeychain, KubeletKeyring

REPEATS = 15
SIZES = (10, 100, 1_000, 10_000)


def main() -> None:
    """Print the figures."""
    one_image_in_1000()
    thousand_images_in_100()
    for name, unrelated in SHAPES.items():
        growth(name, unrelated)


def best_seconds(work: Callable[[], object]) -> float:
    """Return the shortest CPU time of one call, in seconds: the one that other processes disturbed least."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def one_image_in_1000() -> None:
    """One image against 1,000 credentials: limit 5 ms with prebuilt keyrings."""
    texts = [text(f"r{number}.example.com") for number in range(1_000)]
    configs = [docker_config.read(one) for one in texts]
    kubelet, knative = KubeletKeyring(configs), KnativeKeychain(configs)
    image = "r500.example.com/team/app:1"
    prebuilt = best_seconds(lambda: (kubelet.look_up(image), knative.look_up(image)))
    scoped = [docker_config.read(text(f"r.example.com/team{number}")) for number in range(1_000)]
    kubelet_scoped, knative_scoped = KubeletKeyring(scoped), KnativeKeychain(scoped)
    image_scoped = "r.example.com/team500/app:1"
    same_host = best_seconds(
        lambda: (kubelet_scoped.look_up(image_scoped), knative_scoped.look_up(image_scoped))
    )
    building = best_seconds(lambda: (KubeletKeyring(configs), KnativeKeychain(configs)))
    all_of_it = best_seconds(lambda: keyring.match(texts, image))
    print("one image, 1,000 credentials, both readers (limit 5 ms)")
    print(f"  keyrings built          {prebuilt * 1e3:8.3f} ms")
    print(f"  ... all on one host     {same_host * 1e3:8.3f} ms")
    print(f"  building the keyrings   {building * 1e3:8.3f} ms")
    print(f"  match() from the texts  {all_of_it * 1e3:8.3f} ms")


def thousand_images_in_100() -> None:
    """1,000 images against 100 credentials, everything from the texts: limit 1 s."""
    texts = [text(f"r{number}.example.com") for number in range(100)]
    images = [f"r{number % 200}.example.com/team/app{number}:1" for number in range(1_000)]

    def work() -> None:
        configs = [docker_config.read(one) for one in texts]
        kubelet, knative = KubeletKeyring(configs), KnativeKeychain(configs)
        for image in images:
            kubelet.look_up(image)
            knative.look_up(image)

    print("1,000 images, 100 credentials, both readers, from the texts (limit 1 s)")
    print(f"  all                     {best_seconds(work) * 1e3:8.3f} ms")


def growth(name: str, unrelated: Callable[[int], str]) -> None:
    """Time one image as unrelated registries are added; the ratio should stay near 1."""
    image = "ghcr.io/acme/app:1"
    print(f"time per image, by the number of unrelated {name}")
    base = 0.0
    for size in SIZES:
        configs = [parsed("ghcr.io"), *(parsed(unrelated(number)) for number in range(size))]
        kubelet, knative = KubeletKeyring(configs), KnativeKeychain(configs)
        seconds = best_seconds(lambda: look_up_often(kubelet, knative, image)) / OFTEN  # noqa: B023 - called here
        base = base or seconds
        print(f"  {size:7,}  {seconds * 1e6:8.2f} us   x{seconds / base:.2f}")


OFTEN = 200
SHAPES: dict[str, Callable[[int], str]] = {
    "hosts": lambda number: f"r{number}.io",
    "globs of other domains": lambda number: f"*.r{number}.io",
    "globs of as many labels": lambda number: f"*.r{number}",
    "globs in the same domain, which are compared one by one": lambda number: f"r{number}*.io",
    "paths on another host": lambda number: f"quay.io/team{number}",
}


def look_up_often(kubelet: KubeletKeyring, knative: KnativeKeychain, image: str) -> None:
    """Ask both readers `OFTEN` times."""
    for _ in range(OFTEN):
        kubelet.look_up(image)
        knative.look_up(image)


def text(server: str) -> str:
    """Return a docker config for `server`."""
    return docker_config.render(server=server, username="ci", password="s3cret")  # noqa: S106 - not a secret


def parsed(server: str) -> DockerConfig:
    """Return the same, parsed."""
    return docker_config.read(text(server))


if __name__ == "__main__":
    main()
