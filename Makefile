# Everything a newcomer types. `make` alone lists it.

PYTHON ?= $(shell sh dev/find-python)
VENV := .venv
PY := $(VENV)/bin/python
SAM_BIN := .venv-sam/bin
SAM := .venv-sam/.ready-$(shell cksum requirements-sam.txt | cut -d' ' -f1)
SAM_ENV := SAM_CLI_TELEMETRY=0 PATH="$(abspath $(VENV)/bin):$$PATH"
STAGE ?= dev
READY := $(VENV)/.ready-$(shell cksum requirements-dev.txt | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help dev demo browser screenshots clean-dev chaos test unit contract integration e2e check format mcp-tools openapi bench invoke replay console build deploy validate image push-image

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9 -]+:.*## /{n = split($$1, names, " "); for (i = 1; i <= n; i++) printf "  make %-14s %s\n", names[i], $$2}' $(MAKEFILE_LIST)

$(READY): requirements-dev.txt
	@test -n "$(PYTHON)"
	@echo "Setting up $(VENV) with $$($(PYTHON) --version 2>&1); a minute, once."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@rm -f $(VENV)/.ready-* && touch $@

$(SAM): requirements-sam.txt
	@echo "Setting up the SAM CLI in .venv-sam; a minute, once."
	@test -x $(SAM_BIN)/python || $(PYTHON) -m venv .venv-sam
	@$(SAM_BIN)/pip install -qq --disable-pip-version-check -r requirements-sam.txt
	@rm -f .venv-sam/.ready-* && touch $@

dev: $(READY) ## run the whole system here: engine, API, sideband, simulator
	@$(PY) -m dev up

clean-dev: $(READY) ## forget the local system's state
	@$(PY) -m dev clean

chaos: $(READY) ## kill hosts, throttle the table, cut connections; compare every transcript with the truth (CHAOS="--seed 2")
	@PYTHONPATH=layers/switchboard:services $(PY) -m dev.chaos $(CHAOS)

demo: $(READY) ## watch five stories: voice, relay, guest, codex, agent
	@$(PY) -m dev.demo

invoke: $(READY) ## run one function on its sample payload: make invoke FN=create_session
	@$(PY) -m dev.invoke $(if $(FN),'$(FN)')

replay: $(READY) ## send the recorded requests to a running API and compare the answers' shapes
	@$(PY) -m dev.replay

test: $(READY) ## every test: unit, contract, integration, e2e
	@$(PY) -m pytest tests

unit contract integration e2e: $(READY) ## this kind of tests alone
	@$(PY) -m pytest tests/$@

mcp-tools: $(READY) ## print an MCP server's tools as entries for tools.json: make mcp-tools URL=https://… TOKEN=…
	@PYTHONPATH=layers/switchboard $(PY) -m dev.mcp_tools '$(URL)' '$(TOKEN)'

openapi: $(READY) ## write the API's OpenAPI document anew, after a change of routes, requests or answers
	@PYTHONPATH=layers/switchboard $(PY) -m dev.openapi

browser: ## what tests/browser needs: a Chromium (Debian's, installed if there is none and this is root), npm's packages
	@sh dev/find-chromium
	@if command -v npm >/dev/null; then npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --silent; \
	else echo "There is no npm: the tests that need its packages are skipped, and say so."; fi

console: $(READY) ## lay the console out as static files: make console TO=site API=https://…
	@$(PY) -m dev.console '$(or $(TO),$(error TO names the directory to fill))' --api '$(API)'

screenshots: $(READY) ## take the README's pictures of the console of a running `make dev`
	@$(PY) -m dev.screenshots

bench: $(READY) ## the benchmarks, as ratios
	@$(PY) -m bench

check: $(READY) ## format, lint, types, imports, template
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy .
	@PYTHONPATH=layers/switchboard:services:functions/agent $(VENV)/bin/lint-imports
	@$(VENV)/bin/cfn-lint template.yaml
	@$(MAKE) --no-print-directory validate

validate: $(SAM) ## what SAM thinks of the template
	@$(SAM_BIN)/sam validate --lint --template template.yaml

build: $(READY) $(SAM) ## build functions and layer for AWS
	@$(SAM_ENV) $(SAM_BIN)/sam build --config-env $(STAGE)

deploy: $(READY) $(SAM) ## deploy what was built: make deploy STAGE=dev SET="Name=Value"
	@PATH="$(abspath $(SAM_BIN)):$$PATH" $(PY) -m dev.deploy $(STAGE) $(SET)

image: $(READY) ## build the sideband's image (needs Docker)
	@docker buildx build --platform linux/arm64 -f services/sideband/Dockerfile -t switchboard-sideband .

push-image: $(READY) ## build it and push it to the stage's repository
	@$(PY) -m dev.push_image $(STAGE)

format: $(READY) ## rewrite the code as `check` wants it
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .
