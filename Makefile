# `make demo` runs it, `make test` tests it; everything they need is installed into .venv.

PORT ?= 8000
SECONDS ?= 300
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
STAMP := $(VENV)/.runtime
# the tests start some hundred processes, and each would compile all modules anew
unexport PYTHONDONTWRITEBYTECODE
DEV_STAMP := $(VENV)/.development

.PHONY: help setup demo dev test test-long coverage check migration stress-test bench screenshots lock clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: $(STAMP) ## install into .venv, with the `booking` command of this checkout

$(STAMP): requirements.txt pyproject.toml
	@echo "Setting up .venv, once: about a minute."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the service needs …"
	@$(PIP) install --require-hashes --no-deps -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.txt
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## the demo on http://127.0.0.1:8000 (PORT=… to change it)
	@exec $(PY) -m booking demo --port $(PORT)

dev: $(STAMP) ## the pages of the settings in the environment, loaded again when code or a template changes
	@exec $(VENV)/bin/flask --app wsgi run --debug --port $(PORT)

test: $(DEV_STAMP) ## every test; T=tests/domain/bookings/test_slots.py runs one file or folder
ifdef T
	$(PY) -m pytest -q $(T)
else
	@sh tests/install.sh
	@$(PY) -m tests.drivers
	$(PY) -m pytest -n 2 --dist loadgroup
endif

test-long: $(DEV_STAMP) ## every test, property tests in their long form
	@sh tests/install.sh
	@$(PY) -m tests.drivers
	LONG_TESTS=1 $(PY) -m pytest -n 2 --dist loadgroup

coverage: $(DEV_STAMP) ## every test, then the lines that none ran, also in colour in htmlcov/
	@sh tests/install.sh
	@$(PY) -m tests.drivers
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -n 2 --dist loadgroup
	$(PY) -m coverage combine -q
	$(PY) -m coverage html -q
	$(PY) -m coverage report

check: $(DEV_STAMP) ## ruff, mypy and the line limit of templates
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m tests.template_lines

migration: $(DEV_STAMP) ## a new migration, drafted from the models: make migration m="why"
	@test -n "$(m)" || { echo 'say why: make migration m="add a column for …"'; exit 1; }
	$(PY) -m tests.migration "$(m)"

stress-test: $(DEV_STAMP) ## kill processes and stop the database while hundreds book (SECONDS=…)
	$(PY) -m tests.stress.run --seconds $(SECONDS)

bench: $(DEV_STAMP) ## speed beside a baseline in the same run; PART=bookings measures one part, ROW="My bookings" one row
	$(PY) -m bench.run $(if $(PART),--part $(PART)) $(if $(ROW),--row "$(ROW)")

screenshots: $(DEV_STAMP) ## the pictures of the README, and of every page into build/screenshots
	@sh tests/install.sh
	$(PY) -m docs.screenshots
	PICTURES=build/screenshots $(PY) -m pytest -q tests/browser/test_every_page.py

lock: ## requirements.txt and requirements-dev.txt anew, with hashes
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(VENV)/bin/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## remove what the targets above made
	rm -rf $(VENV) .demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
