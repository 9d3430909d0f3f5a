"""Members, staff and a coordinator at work on a service whose processes are killed; then an independent check.

machine   the service: several web processes, workers, a database that stops and starts, a mail server
actors    who use it over HTTP, and write down every answer they got
checker   what must hold afterwards; it shares no code with the engine
run       puts them together: `python -m tests.stress.run --seconds 600`
"""
