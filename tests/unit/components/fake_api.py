"""A service account API in memory, with versions, and with somebody else who is faster."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from kubernetes.client import ApiException


class FakeApi:
    """What the components use of kubernetes.client.CoreV1Api."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str], list[str] | None] = {}
        self.managed_fields: list[Any] | None = None
        self.version = 1
        self.writes: list[list[dict[str, Any]]] = []
        self.before_write: list[Callable[[], None]] = []
        """Each is called once, before a write: what others do in between."""
        self.before_read: list[Callable[[], None]] = []

    def put(self, account: str, names: list[str] | None, namespace: str = "apps") -> None:
        self.accounts[namespace, account] = names
        self.version += 1

    def read_namespaced_service_account(
        self, name: str, namespace: str, *, _request_timeout: tuple[int, int]
    ) -> Any:
        if self.before_read:
            self.before_read.pop(0)()
        if (namespace, name) not in self.accounts:
            raise ApiException(status=404)
        names = self.accounts[namespace, name]
        return SimpleNamespace(
            metadata=SimpleNamespace(resource_version=str(self.version), managed_fields=self.managed_fields),
            image_pull_secrets=None if names is None else [SimpleNamespace(name=entry) for entry in names],
        )

    def patch_namespaced_service_account(
        self,
        name: str,
        namespace: str,
        body: list[dict[str, Any]],
        *,
        field_manager: str,
        _request_timeout: tuple[int, int],
    ) -> None:
        if self.before_write:
            self.before_write.pop(0)()
        if (namespace, name) not in self.accounts:
            raise ApiException(status=404)
        version, change = body
        assert version["path"] == "/metadata/resourceVersion"
        assert change["path"] == "/imagePullSecrets"
        if version["value"] != str(self.version):
            raise ApiException(status=409)
        self.writes.append(body)
        entries = [entry["name"] for entry in change["value"]] if change["op"] == "add" else None
        self.put(name, entries, namespace)
