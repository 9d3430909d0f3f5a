"""nginx as Debian installs it, with the site file of deploy/, before an instance of a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.mail.server import free_port

SITE = Path(__file__).resolve().parents[1] / "deploy" / "nginx" / "booking.conf"
HOST = "booking.example.org"
#: What the test's nginx is told besides: it runs in a folder of its own, as whoever runs the test.
MAIN = """daemon off; pid {folder}/nginx.pid; error_log {folder}/main.log warn; {user}
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; }}
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/booking.conf;
}}
"""


def program() -> str | None:
    """Where it is: on the path, or where Debian puts it."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running nginx: the ports of its two sites, and its logs."""

    https_port: int
    http_port: int
    access_log: Path
    error_log: Path

    def lines_of_the_log(self, count: int) -> str:
        """The access log with so many lines: a line is written once its answer has left."""
        for _ in range(600):
            said = self.access_log.read_text()
            if len(said.splitlines()) >= count:
                return said
            time.sleep(0.05)
        raise TimeoutError(f"no {count} lines: {said}")


def site(folder: Path, app_port: int, https_port: int, http_port: int) -> str:
    """The shipped file with the places of a test; a line that is not there any more fails it."""
    text = SITE.read_text("utf-8")
    places = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{app_port};",
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{https_port} ssl http2;",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/chain.pem",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/key.pem",
        "/var/cache/nginx/booking": f"{folder}/cache",
        "/var/log/nginx/": f"{folder}/",
    }
    for shipped, ours in places.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    return text


@contextmanager
def nginx(folder: Path, app_port: int) -> Iterator[Nginx]:
    """Run it before the service on that port, with a certificate of an authority that nobody knows."""
    binary = program()
    assert binary is not None, "nginx is missing: run `sh tests/install.sh` as root"
    made = Nginx(free_port(), free_port(), folder / "booking.log", folder / "booking-error.log")
    certificate = trustme.CA().issue_cert(HOST)
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "chain.pem"), append=True)
    (folder / "booking.conf").write_text(site(folder, app_port, made.https_port, made.http_port))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    process = subprocess.Popen([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        wait_for_port(made.https_port, process)
        yield made
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert b"[emerg]" not in said, said


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when something listens there; fail when the process has ended before."""
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(process.stderr.read().decode() if process.stderr else "it has ended")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")
