"""Registries that refuse, each in its own way: real HTTP(S) servers on this machine's side of the lab's network."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

from lab import network

ADDRESS = network.HOST_ADDRESS
FORBIDDEN, TOKEN_DENIED, RATE_LIMITED, SILENT, PLAIN_HTTP, TLS = 5403, 5413, 5429, 5408, 5080, 5443

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """A registry that asks for an account and then answers as it was told."""

    protocol_version = "HTTP/1.1"
    answer: Answer

    def do_GET(self) -> None:
        type(self).answer(self)

    def do_HEAD(self) -> None:
        type(self).answer(self)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def say(self, status: int, body: Mapping[str, object] | None = None, **headers: str) -> None:
        content = json.dumps(body or {}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def is_anonymous(self) -> bool:
        return not self.headers.get("Authorization")


def _error(code: str, message: str) -> Mapping[str, object]:
    return {"errors": [{"code": code, "message": message}]}


def _after_login(status: int, code: str) -> Answer:
    def answer(handler: Handler) -> None:
        if handler.is_anonymous():
            handler.say(401, _error("UNAUTHORIZED", "who are you?"), WWW_Authenticate='Basic realm="odd"')
        elif handler.path == "/v2/":
            handler.say(200)
        else:
            handler.say(status, _error(code, "no"))

    return answer


def _no_token(handler: Handler) -> None:
    if handler.path.startswith("/token"):
        handler.say(403, _error("DENIED", "denied"))
    else:
        realm = f'Bearer realm="http://{handler.headers["Host"]}/token",service="odd"'
        handler.say(401, _error("UNAUTHORIZED", "who are you?"), WWW_Authenticate=realm)


def _silence(_: Handler) -> None:
    time.sleep(30)


@contextmanager
def odd_registries(*tls_names: str) -> Iterator[None]:
    """Let them answer; the one with TLS has a certificate of an authority that nobody knows."""
    answers = {
        FORBIDDEN: _after_login(403, "DENIED"),
        TOKEN_DENIED: _no_token,
        RATE_LIMITED: _after_login(429, "TOOMANYREQUESTS"),
        SILENT: _silence,
        PLAIN_HTTP: _after_login(404, "NAME_UNKNOWN"),
        TLS: _after_login(404, "NAME_UNKNOWN"),
    }
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(ADDRESS, *tls_names).configure_cert(context)
    servers = []
    for port, answer in answers.items():
        handler = type("Odd", (Handler,), {"answer": staticmethod(answer)})
        server = ThreadingHTTPServer((ADDRESS, port), handler)
        server.daemon_threads = True
        if port == TLS:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
