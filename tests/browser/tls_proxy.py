"""A proxy that ends TLS as docs/operators.md says: it passes on the host, the scheme and who asks."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import trustme

HOST = "booking.example.org"
TIMEOUT_SECONDS = 60
_ITS_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}


class _Handler(BaseHTTPRequestHandler):
    """Passes each request on to the application's port, and the answer back."""

    protocol_version = "HTTP/1.1"
    app_port = 0

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = {name: value for name, value in self.headers.items() if name.lower() not in _ITS_OWN}
        asked |= {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
        upstream = http.client.HTTPConnection("127.0.0.1", self.app_port, timeout=TIMEOUT_SECONDS)
        try:
            upstream.request(self.command, self.path, body, asked)
            answer = upstream.getresponse()
            content = answer.read()
        except OSError:
            self.send_error(502)
            return
        finally:
            upstream.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _ITS_OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_HEAD = do_POST = do_OPTIONS = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: it is a test's."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: browsers drop connections that they opened in advance."""


@contextmanager
def tls_proxy(app_port: int) -> Iterator[int]:
    """The port of a running proxy for HOST, with a certificate of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HOST).configure_cert(context)
    handler = type("Handler", (_Handler,), {"app_port": app_port})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
