# `make demo` runs it, `make test` tests it; everything they need is installed into .venv.

PORT ?= 8000
SECONDS ?= 300
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
STAMP := $(VENV)/.runtime
DEV_STAMP := $(VENV)/.development

.PHONY: setup demo test check torture bench screenshots lock clean

setup: $(STAMP)

$(STAMP): requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --no-deps -r requirements.txt
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.txt
	$(PIP) install --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

demo: $(STAMP)
	@exec $(PY) -m booking demo --port $(PORT)

test: $(DEV_STAMP)
	@sh tests/install.sh
	@$(PY) -m tests.drivers
	$(PY) -m pytest -n 2 --dist loadgroup

check: $(DEV_STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

torture: $(DEV_STAMP)
	$(PY) -m tests.torture.run --seconds $(SECONDS)

bench: $(DEV_STAMP)
	$(PY) -m bench.run

screenshots: $(DEV_STAMP)
	@sh tests/install.sh
	$(PY) -m docs.screenshots

lock:
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(VENV)/bin/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) .demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
