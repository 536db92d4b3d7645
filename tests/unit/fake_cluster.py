"""A cluster in memory, in which the Knative Services that Pulumi makes are Ready at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.cluster import Cluster
from components.live_objects import CannotReadError
from components.serving.status import Object, get, name_of

SERVING = "/apis/serving.knative.dev/v1/namespaces"


class FakeCluster:
    """What `components.live_objects.LiveObjects` gives; as every cluster the same."""

    host = "https://cluster.example.test"

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        """By path."""
        self.deleted: list[str] = []
        self.after_deletion: Callable[[str, Object], None] = self.make_again
        """What happens when an object has been deleted; a Revision is made again, and fails again."""
        self.refusal: CannotReadError | None = None
        self.requests: list[str] = []

    def __call__(self, cluster: Cluster) -> "FakeCluster":
        return self

    def put(self, path: str, *objects: Object) -> None:
        self.objects.update({f"{path}/{name_of(thing)}": thing for thing in objects})

    def made(self, metadata: Mapping[str, Any]) -> None:
        """Note that Pulumi makes a Knative Service, unless the test has put one there."""
        namespace, name = str(metadata.get("namespace")), str(metadata["name"])
        path = f"{SERVING}/{namespace}/services"
        if f"{path}/{name}" not in self.objects:
            self.put(path, ready(namespace, name))

    def get(self, path: str) -> Object | None:
        self._ask(path)
        return self.objects.get(path)

    def list(self, path: str, **query: str) -> Sequence[Object]:
        self._ask(path)
        found = [thing for where, thing in self.objects.items() if where.rpartition("/")[0] == path]
        if query.get("fieldSelector"):
            phase = query["fieldSelector"].partition("=")[2]
            found = [thing for thing in found if get(thing, "status", "phase") == phase]
        label, equals, value = query.get("labelSelector", "").partition("=")
        if equals:
            found = [thing for thing in found if get(thing, "metadata", "labels", label) == value]
        return found

    def delete(self, path: str, seen: Object) -> bool:
        self._ask(path)
        if self.objects.get(path) is not seen:
            return False
        del self.objects[path]
        self.deleted.append(path)
        self.after_deletion(path, seen)
        return True

    def make_again(self, path: str, seen: Object) -> None:
        if "/revisions/" in path:
            metadata = {**get(seen, "metadata"), "uid": f"{get(seen, 'metadata', 'uid')}-again"}
            self.objects[path] = {**seen, "metadata": metadata}

    def _ask(self, path: str) -> None:
        self.requests.append(path)
        if self.refusal:
            raise self.refusal


def ready(namespace: str, name: str) -> Mapping[str, Any]:
    return {
        "metadata": {"namespace": namespace, "name": name, "generation": 1},
        "status": {
            "observedGeneration": 1,
            "url": f"http://{name}.{namespace}.example.test",
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
