# `make up` and `make test` do all set-up themselves. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
LAB := $(BIN)/python -m lab
MADE := .venv/made

.DELETE_ON_ERROR:
.PHONY: help env up down test test-scenarios test-slow check format bench

help: ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(MADE) ## Make the Python environment.

$(MADE): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed, $(PYTHON) is not; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update -qq && apt-get install -qqy python3-venv; } \
		|| { echo "$(PYTHON) can't make environments; install its venv module (Debian: python3-venv)"; exit 1; }
	@echo "make the Python environment .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

up: env ## Start the lab, deploy the stack `lab` on it with Pulumi and call its service.
	$(LAB) up
	$(LAB) push team/hello:1.0
	eval "$$($(LAB) env)" && pulumi stack select --create lab && pulumi up --yes --skip-preview
	eval "$$($(LAB) env)" && pulumi stack output urls | $(LAB) call

down: env ## End the lab and remove all that it left.
	$(LAB) down

test: env ## Run the tests of every part; brings the lab up and down by itself.
	$(BIN)/pytest

test-scenarios: env ## Run whole stories on the lab: environments, failures, healing, rotation, examples.
	$(BIN)/pytest tests/lab -m "scenario and not slow"

test-slow: env ## Run the tests that take minutes each: rotation under load, killed runs.
	$(BIN)/pytest -m slow

check: env ## Lint, format check and type check.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: env ## Format the code.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: env ## Measure; prints ratios.
	for file in benchmarks/*_*.py; do $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit; done
