"""The yardstick: a bare Flask route that returns constant bytes, served as the service is."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
BYTES = Path(os.environ["BENCH_BYTES"]).read_bytes() if "BENCH_BYTES" in os.environ else b"ok"


@app.get("/constant")
def constant() -> Response:
    """The bytes of the file that BENCH_BYTES names."""
    return Response(BYTES, mimetype="text/calendar")


@app.get("/bare")
def bare() -> str:
    """Two bytes."""
    return "ok"
