# Every target sets up what it needs; each works alone, first, on a clean clone with python3 and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := $(shell for p in python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
ONLY ?=
WITH ?=
TRACES ?=

.PHONY: help setup demo test check static format lint build deploy bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.ready ## Install everything into .venv (the other targets do it by themselves)

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python 3.13 is missing: install it so that 'python3.13' is on PATH (3.13 is the Lambda runtime's version), then run make again." >&2; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.venv-sam/.ready: .venv/.ready requirements/sam.txt
	@echo "Setting up .venv-sam (once) ..."
	@$(PYTHON) -m venv .venv-sam
	@$(BIN)/uv pip install --quiet --python .venv-sam/bin/python --require-hashes -r requirements/sam.txt || .venv-sam/bin/python -m pip install --quiet --require-hashes -r requirements/sam.txt
	@touch $@

demo: .venv/.ready ## The whole story: a Spot interruption, end to end, in an embedded AWS account
	@$(BIN)/ecs-ops demo

check: static ## Format, lint, types, import contracts, unit tests
	@$(BIN)/pytest tests/unit tests/template -n auto --dist loadgroup

static: .venv/.ready
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: run make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@PYTHONPATH=functions:. $(BIN)/lint-imports > .lint-imports.log 2>&1 || { cat .lint-imports.log; exit 1; }

# Coverage is traced in the unit tests only: it makes whole stories in the embedded account take twice as long.
test: static .venv-sam/.ready ## Everything CI runs: the checks, unit tests with coverage, then all other tests
	@$(BIN)/coverage erase
	@$(BIN)/pytest tests/unit tests/template -n auto --dist loadgroup --cov --cov-report=term:skip-covered
	@$(BIN)/pytest tests/integration tests/e2e tests/browser tests/field -n auto --dist loadgroup

build: .venv/.ready .venv-sam/.ready ## Build the functions for AWS: one slim, compiled artefact (arm64); WITH=apprise adds Apprise
	@$(BIN)/python -m build_tools.build $(if $(WITH),--with $(WITH))

deploy: build ## Build, then deploy into your AWS account; asks what it needs to know
	@$(BIN)/python -m build_tools.deploy

bench: .venv/.ready .venv-sam/.ready ## Measure what the README claims; ONLY=drain runs one group
	@TRACES=$(TRACES) $(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

lock: .venv/.ready ## Refresh the locked dependencies
	@for n in bootstrap apprise dev sam usual checkov cfn-lint; do $(BIN)/uv pip compile -q --generate-hashes --no-annotate --no-header --universal --python-version 3.13 --no-emit-index-url --no-emit-find-links requirements/$$n.in -o requirements/$$n.txt; done
	@$(BIN)/uv pip compile -q --generate-hashes --no-annotate --no-header --universal --python-version 3.13 --no-emit-index-url --no-emit-find-links requirements/runtime.in -o functions/requirements.txt

format: .venv/.ready ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --quiet .

clean: ## Remove everything that the other targets made
	@rm -rf .venv .venv-sam .aws-sam .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
