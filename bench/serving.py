"""`python -m bench.serving TARGET PORT WORKERS`: serve an application factory exactly as `booking serve` does."""

import sys

from booking.cli.server import serve

serve.TARGET = sys.argv[1]
sys.exit(serve.run("127.0.0.1", int(sys.argv[2]), int(sys.argv[3]), with_worker=False))
