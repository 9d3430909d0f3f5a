"""The baseline: a bare Flask route that returns constant bytes, served as the service is."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response


def make() -> Flask:
    """Two routes: /bare is two bytes, /constant the bytes of the file that BENCH_BYTES names."""
    app = Flask(__name__)
    constant_bytes = Path(os.environ["BENCH_BYTES"]).read_bytes() if "BENCH_BYTES" in os.environ else b""

    @app.get("/constant")
    def constant() -> Response:
        return Response(constant_bytes, mimetype="text/calendar")

    @app.get("/bare")
    def bare() -> str:
        return "ok"

    return app
