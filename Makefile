# Everything a newcomer types. `make` alone lists it.

PYTHON ?= $(shell sh dev/find-python)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready-$(shell cksum requirements-dev.txt | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help dev demo clean-dev test unit contract integration e2e check format bench invoke replay build deploy validate image push-image

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements-dev.txt
	@echo "Setting up Python in $(VENV) ($$($(PYTHON) --version 2>&1)); a minute, once."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

dev: $(READY) ## run the whole system here: engine, API, sideband, simulator
	@$(PY) -m dev up

clean-dev: $(READY) ## forget the local system's state
	@$(PY) -m dev clean

demo: $(READY) ## watch a session from secret to profile
	@$(PY) -m dev.demo

invoke: $(READY) ## run one function on its sample payload: make invoke FN=create_session
	@$(PY) -m dev.invoke $(FN)

replay: $(READY) ## send the recorded requests to a running API and compare the answers' shapes
	@$(PY) -m dev.replay

test: $(READY) ## every test: unit, contract, integration, e2e
	@$(PY) -m pytest tests

unit contract integration e2e: $(READY) ## one kind of tests
	@$(PY) -m pytest tests/$@

bench: $(READY) ## the benchmarks, as ratios
	@$(PY) -m bench

check: $(READY) ## format, lint, types, imports, template
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy .
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/cfn-lint template.yaml
	@$(MAKE) --no-print-directory validate

format: $(READY) ## rewrite the code as `check` wants it
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .
