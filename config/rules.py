"""The rules of a configuration that look at more than one value."""

from collections.abc import Iterable, Iterator

from components.registry import server
from components.serving.nearest import did_you_mean

from .models import Namespace, Registry, StackConfig
from .names import dns_label, knative_service
from .problems import Path, set_plain, set_secret

Broken = tuple[Path, str]


def broken_rules(config: StackConfig) -> Iterator[Broken]:
    """Give the path and the message of every broken rule."""
    for key, registry in config.registries.items():
        yield from _registry(("registries", key), registry)
    for name, namespace in config.namespaces.items():
        yield from _namespace(("namespaces", name), namespace, config)
    yield from _knative_services(config)


def secret_name(key: str, registry: Registry) -> str:
    """Give the name of a registry's image pull secrets."""
    return registry.secret_name or f"{key}-pull-secret"


def _registry(path: Path, registry: Registry) -> Iterator[Broken]:
    if registry.docker_config_json is not None:
        beside = {
            "server": registry.server,
            "username": registry.username,
            "password": registry.password,
            "email": registry.email,
        }
        for key, value in beside.items():
            if value:
                yield (
                    (*path, key),
                    "does not go with dockerConfigJson, which has servers and accounts of its own. "
                    "Remove one of the two",
                )
        return
    if not registry.username:
        yield (*path, "username"), f"is missing. Set it with: {set_plain((*path, 'username'), 'NAME')}"
    if registry.password is None:
        yield (*path, "password"), f"is missing. Set it with: {set_secret((*path, 'password'))}"


def _namespace(path: Path, namespace: Namespace, config: StackConfig) -> Iterator[Broken]:
    if namespace.labels and not namespace.create:
        yield (
            (*path, "labels"),
            "needs create: true, since the namespace is not ours. Set it or remove labels",
        )
    for index, key in enumerate(namespace.registries):
        here = (*path, "registries", index)
        if key not in config.registries:
            yield here, f"unknown registry. {did_you_mean(key, config.registries)}"
        elif key in namespace.registries[:index]:
            yield here, "is in the list already. Remove one of the two"
    yield from _taken_twice(path, namespace, config)
    for name, account in namespace.service_accounts.items():
        here = (*path, "serviceAccounts", name)
        if account.mode == "own" and name == "default":
            yield (
                here,
                "Kubernetes makes this service account itself, so it cannot be ours. Use patch or merge",
            )
        if account.force and account.mode != "patch":
            yield (*here, "force"), f"has no meaning with {account.mode}. Use patch or remove it"
        if account.extra_pull_secrets and account.mode == "merge":
            yield (*here, "extraPullSecrets"), "merge keeps the entries of others anyway. Remove it"
        if not namespace.registries and not account.extra_pull_secrets:
            yield here, f"has no pull secrets to get. List registries under namespaces.{path[-1]}.registries"


def _taken_twice(path: Path, namespace: Namespace, config: StackConfig) -> Iterator[Broken]:
    """Find registries of one namespace with the same secret name or the same server."""
    names: dict[str, str] = {}
    servers: dict[str, str] = {}
    for index, key in enumerate(namespace.registries):
        here = (*path, "registries", index)
        if key not in config.registries or key in namespace.registries[:index]:
            continue
        registry = config.registries[key]
        name = secret_name(key, registry)
        if other := names.get(name):
            yield (
                here,
                f'"{key}" and "{other}" would both be the Secret "{name}". '
                "Give one of them another secretName",
            )
        names.setdefault(name, key)
        if registry.docker_config_json is not None:
            continue
        keys = server.parse(registry.server or server.DOCKER_HUB).keys
        if other := next((servers[address] for address in keys if address in servers), None):
            yield (
                here,
                f'"{key}" is the same server as "{other}", and Knative would use the first only. '
                "Remove one of the two, or limit each to a path",
            )
        servers.update(dict.fromkeys(keys, key))


def _knative_services(config: StackConfig) -> Iterator[Broken]:
    taken: dict[tuple[str, str], str] = {}
    for key, service in config.services.items():
        path: Path = ("services", key)
        if service.namespace not in config.namespaces:
            yield (
                (*path, "namespace"),
                f"unknown namespace. {did_you_mean(service.namespace, config.namespaces)}",
            )
        name = service.name or key
        if service.name is None and (problem := _rejected(key)):
            yield path, f"{problem}. Or give it another name with: {set_plain((*path, 'name'), 'NAME')}"
        identity = (service.namespace, name)
        if identity in taken:
            yield (
                (*path, "name"),
                f'is the same Knative Service as "{taken[identity]}". Rename one of the two',
            )
        taken.setdefault(identity, key)
        for container_path, container in [
            (path, service),
            *(((*path, "containers", index), extra) for index, extra in enumerate(service.containers)),
        ]:
            for mount, volume in container.volumes.items():
                if (volume.secret is None) == (volume.config_map is None):
                    yield (
                        (*container_path, "volumes", mount),
                        "needs either secret or configMap. Give one of them",
                    )
            yield from _same_variable(
                container_path, [container.env, container.env_from_secrets, container.env_from_config_maps]
            )


def _same_variable(path: Path, sources: Iterable[Iterable[str]]) -> Iterator[Broken]:
    seen: set[str] = set()
    for key, source in zip(("env", "envFromSecrets", "envFromConfigMaps"), sources, strict=True):
        for variable in source:
            if variable in seen:
                yield (*path, key, variable), "has a value already. Remove one of the two"
            seen.add(variable)


def _rejected(name: str) -> str | None:
    try:
        dns_label(name)
        knative_service(name)
    except ValueError as error:
        return str(error)
    return None
