# Every target takes ARGS: make demo ARGS="--once", make test ARGS="tests/codecs -x" (with WORKERS=0: one after the other).
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
CRASH_SECONDS ?= 600
CHAOS_SECONDS ?= 600
WORKERS ?= 3
LOCK := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help setup dev demo test check pages format reference manifests bench evals crash chaos fuzz lock clean

help:  ## Show this list
	@echo "Mailwright: a self-hosted mail platform whose mailboxes do work."
	@echo
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## Install what the server needs into .venv (all others do it when needed)
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here; as root: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) scripts/setup.py run

dev:  ## Install the tools of tests and checks as well
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here; as root: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) scripts/setup.py dev

demo: setup  ## Start a mail server with four mailboxes and watch a first task being answered
	@$(PYTHON) scripts/webmail.py build
	@$(BIN)/mailwright up --demo $(ARGS)

test: dev  ## Run every test (as root it first installs the servers they talk to)
	@$(PYTHON) scripts/servers_for_tests.py
	@$(PYTHON) scripts/webmail.py build
	@$(PYTHON) scripts/webmail.py test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --reruns 1 --reruns-delay 1 $(ARGS)

check: dev  ## Format, lint, types, import floors: what must be clean before a change lands
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTHON) scripts/webmail.py check

pages: setup  ## Build the pages under /app (demo and test do it as well)
	@$(PYTHON) scripts/webmail.py build

format: dev  ## Let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: dev  ## Write the pages of docs/reference that are made from the code
	@$(BIN)/python scripts/reference_pages.py
	@$(BIN)/python scripts/dashboards.py

manifests: dev  ## Render the Helm chart to deploy/kubernetes (needs helm)
	@$(BIN)/python scripts/manifests.py

proto: dev  ## Make the Python code of the protobufs (ARGS=--publish at a release)
	@$(BIN)/python scripts/proto.py $(ARGS)

bench: dev  ## Measure: one JSON line a figure, beside Dovecot where it is installed
	@$(PYTHON) scripts/servers_for_tests.py
	@$(BIN)/python -m benchmarks $(ARGS)

evals: dev  ## Measure the models on labelled mails and tasks: one table (without a key: the rules model)
	@$(BIN)/python -m evals $(ARGS)

crash: dev  ## Kill the server again and again while mail pours in (long)
	@MAILWRIGHT_CRASH_SECONDS=$(CRASH_SECONDS) $(BIN)/python -m pytest -s tests/reliability/test_kill.py $(ARGS)

chaos: dev  ## Kill processes of an installation with three of each role, and break its services, while mail pours in (long)
	@$(PYTHON) scripts/servers_for_tests.py
	@MAILWRIGHT_CHAOS_SECONDS=$(CHAOS_SECONDS) $(BIN)/python -m pytest -s tests/reliability/test_chaos.py $(ARGS)

fuzz: dev  ## Feed mutated messages to the parsers, a minute for each
	@for target in tests/fuzz/*_fuzz.py; do echo "$$target"; $(BIN)/python $$target $(ARGS) || exit 1; done

lock: dev  ## Choose versions anew and write the lock files
	$(LOCK) --upgrade --group dev pyproject.toml -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(LOCK) -c requirements-dev.lock scripts/requirements-setup.in -o requirements-setup.lock
	$(LOCK) --upgrade scripts/requirements-node.in -o requirements-node.lock
	$(LOCK) -c requirements-dev.lock --override scripts/requirements-agentdojo-without.in \
	  scripts/requirements-agentdojo.in -o requirements-agentdojo.lock
	$(LOCK) --upgrade scripts/requirements-celery.in -o requirements-celery.lock
	$(LOCK) --upgrade scripts/requirements-sentry.in -o requirements-sentry.lock
	$(LOCK) --upgrade --no-deps scripts/requirements-deploy.in -o requirements-deploy.lock

clean:  ## Remove .venv and caches (your data folder stays)
	rm -rf webmail/node_modules src/mailwright/protocols/web/app
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
