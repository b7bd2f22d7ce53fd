# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
# Processes of tests: they wait more than they work.
WORKERS ?= 4
export UV_PROJECT_ENVIRONMENT := .venv
# Compiled modules are kept, whatever the machine is used to: without them each process of ours needs seconds to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup web messages run serve test test-fast check format generate bench bench-api bench-web load idle soak rolling crash audit audit-ledger attack conformance manifests pictures docs release clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.ready web ## make .venv with everything in it, and build the web application

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv sync --frozen --inexact --compile-bytecode --quiet
	@touch $@

web: stationmaster/web/dist/index.html ## build the web application (when its sources have changed)

WEB_SOURCES := $(shell find web \( -name node_modules -o -path web/tests \) -prune -o -type f ! -name '*.gen.ts' ! -name schema.ts -print)

stationmaster/web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@$(BIN)/python tools/build_web.py pages

# npm writes this file last.
web/node_modules/.package-lock.json: web/package-lock.json web/package.json $(wildcard web/*/package.json) | .venv/.ready
	@$(BIN)/python tools/build_web.py packages
	@touch $@

# The library of the charger that is not ours (tests/scenarios).
NODE_CHARGER := tests/scenarios/node_charger

$(NODE_CHARGER)/node_modules/.package-lock.json: $(NODE_CHARGER)/package-lock.json $(NODE_CHARGER)/package.json | .venv/.ready
	@$(BIN)/python tools/build_web.py packages $(NODE_CHARGER)
	@touch $@

run: setup ## start the server with demo data and simulated chargers
	@$(BIN)/stationmaster demo

serve: setup ## start the server as it would run for real
	@$(BIN)/stationmaster serve

test: setup $(NODE_CHARGER)/node_modules/.package-lock.json ## run the whole suite (SQLite, PostgreSQL, browser)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-fast: setup $(NODE_CHARGER)/node_modules/.package-lock.json ## run the suite without PostgreSQL, browser and crash tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" --no-postgres

check: setup ## format, lint, types, architecture arrows
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

manifests: setup ## write deploy/kubernetes.yaml from the Helm chart
	@$(BIN)/python tools/generate_manifests.py

generate: setup ## write the generated files again (messages, docs, OpenAPI)
	@$(BIN)/python -m tools.generate_messages
	@$(BIN)/python tools/generate_docs.py
	@$(BIN)/python -m tools.generate_openapi

messages: web ## write the catalogue of what the web pages say
	@$(BIN)/python tools/build_web.py run messages

bench: setup ## measure throughput, latency, storms and memory, on SQLite and PostgreSQL
	@$(BIN)/python -m tools.bench $(ARGS)

bench-api: setup ## measure lists, searches and exports with much in the database, while chargers send: ARGS="--full --keep DIR" for all
	@$(BIN)/python -m tools.bench_api $(ARGS)

bench-web: setup ## measure what the pages cost in a browser: first load, from page to page, a large fleet
	@$(BIN)/python -m tools.bench_web $(ARGS)

load: setup ## many chargers of several versions, each step at a higher rate: ARGS="--rates 100,1000 --stations 600"; a report as HTML
	@$(BIN)/python -m tools.load $(ARGS)

idle: setup ## what so many quiet chargers take: ARGS="--chargers 100000 --nodes 6"
	@$(BIN)/python -m tools.idle $(ARGS)

soak: setup ## a fleet lives with a server: does memory grow, is a message lost? ARGS=--minutes=60
	@$(BIN)/python -m tools.soak $(ARGS)

rolling: setup ## replace three nodes one after the other, while 3,000 simulated chargers live with them
	@$(BIN)/python -m tools.rolling $(ARGS)

crash: setup ## kill -9 the server under load, again and again, and count what is lost
	@$(BIN)/python -m tools.crash $(ARGS)

audit: .venv/.ready ## known vulnerabilities, licences and secrets; says what could not be asked, and is not green then
	@$(BIN)/python -m tools.audit

audit-ledger: setup ## prove the books of the configured database: sums, balances, numbers, bills
	@$(BIN)/stationmaster audit-ledger

attack: setup ## attack a running server for two minutes, and see how others fare: ARGS="--seconds 20" for less
	@$(BIN)/python -m tools.attack $(ARGS)

conformance: setup ## run the certification cases and write docs/conformance.md
	@$(BIN)/python -m pytest tests/conformance -n $(WORKERS) --junitxml=.pytest_cache/conformance.xml
	@$(BIN)/python tools/generate_conformance.py .pytest_cache/conformance.xml

pictures: setup ## every page of the demo in both themes and four widths, into dist/pictures; ARGS=--guide for those of the manual
	@$(BIN)/python -m tools.pictures $(ARGS)

docs: setup ## write the pages as a site into dist/docs, with strict links
	@$(BIN)/python -m tools.build_docs

release: setup ## the wheel with the pages in it, tried in a fresh environment, and the licences: docs/releasing.md
	@$(BIN)/python -m tools.release $(ARGS)

clean: ## remove everything that was made
	rm -rf .venv web/node_modules web/*/node_modules $(NODE_CHARGER)/node_modules stationmaster/web/dist data dist bench-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
