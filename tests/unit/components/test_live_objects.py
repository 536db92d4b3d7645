"""Reading and deleting objects, against an HTTP server that answers as the API server does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from components.cluster import Cluster
from components.live_objects import CannotReadError, LiveObjects

POD = {"metadata": {"name": "hello", "uid": "1", "resourceVersion": "7"}}
PODS = "/api/v1/namespaces/apps/pods"


class ApiServer(ThreadingHTTPServer):
    """Gives the answers that a test sets, by method and path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path, json.loads(body) if body else None))
        status, answer = self.server.answers.get((self.command, self.path.partition("?")[0]), (404, {}))
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    server = ApiServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def objects(server: ApiServer, tmp_path: Path) -> LiveObjects:
    return LiveObjects(_cluster(tmp_path, server.server_address[1]))


def _cluster(folder: Path, port: int) -> Cluster:
    kubeconfig = folder / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
    user: dict[str, Any] = {"name": "c", "user": {}}
    document = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "c"}
    kubeconfig.write_text(json.dumps(document))
    return Cluster(kubeconfig=str(kubeconfig))


def test_an_object_is_given_as_it_is(server: ApiServer, objects: LiveObjects) -> None:
    server.answers["GET", f"{PODS}/hello"] = 200, POD
    assert objects.get(f"{PODS}/hello") == POD
    assert objects.get(f"{PODS}/other") is None


def test_a_list_takes_selectors(server: ApiServer, objects: LiveObjects) -> None:
    server.answers["GET", PODS] = 200, {"items": [POD]}
    assert objects.list(PODS, labelSelector="a=b") == [POD]
    assert [path for _, path, _ in server.requests] == [f"{PODS}?labelSelector=a%3Db"]


def test_only_what_was_seen_is_deleted(server: ApiServer, objects: LiveObjects) -> None:
    server.answers["DELETE", f"{PODS}/hello"] = 200, {}
    assert objects.delete(f"{PODS}/hello", POD)
    assert server.requests[-1][2] == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": "1", "resourceVersion": "7"},
    }


@pytest.mark.parametrize("status", [404, 409])
def test_what_has_changed_since_is_not_deleted(server: ApiServer, objects: LiveObjects, status: int) -> None:
    server.answers["DELETE", f"{PODS}/hello"] = status, {}
    assert not objects.delete(f"{PODS}/hello", POD)


@pytest.mark.parametrize(("status", "is_refusal"), [(401, True), (403, True), (500, False), (503, False)])
def test_a_refusal_is_told_from_an_accident(
    server: ApiServer, objects: LiveObjects, status: int, is_refusal: bool
) -> None:
    server.answers["GET", PODS] = server.answers["DELETE", f"{PODS}/hello"] = status, {}
    with pytest.raises(CannotReadError, match=rf"^{status} [A-Z].* for apps/pods$") as error:
        objects.list(PODS)
    assert error.value.is_refusal is is_refusal
    with pytest.raises(CannotReadError, match=rf"^{status} [A-Z].* for apps/pods/hello$"):
        objects.delete(f"{PODS}/hello", POD)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_address[1]
    objects = LiveObjects(_cluster(tmp_path, port))
    with pytest.raises(
        CannotReadError, match=rf"^no connection to http://127\.0\.0\.1:{port}: .*refused$"
    ) as error:
        objects.get(PODS)
    assert not error.value.is_refusal


def test_without_a_kubeconfig_there_is_nothing_to_read() -> None:
    with pytest.raises(CannotReadError) as error:
        LiveObjects(Cluster(kubeconfig="/nowhere"))
    assert error.value.is_refusal
