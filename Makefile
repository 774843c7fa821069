# Everything that a person types. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 7 ? n + 1 : 8)))
WEB_SOURCES := $(shell find api/web -type d \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test check bench accuracy faults soak screenshots services python web lock

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

run: ## Start a demo warehouse at http://127.0.0.1:8000
	@echo "[1/4] servers"
	@scripts/services-if-possible
	@echo "[2/4] Python packages"
	@$(MAKE) --no-print-directory python
	@echo "[3/4] web page"
	@$(MAKE) --no-print-directory web
	@echo "[4/4] Tallyport"
	@$(BIN)/tallyport demo

test: services python web tests/fixtures/node_modules/.package-lock.json ## Run every test, against real servers and a real browser
	@echo "test: compiling the engine, unless it is compiled already"
	@$(BIN)/python -c 'from core.engine.warm_up import warm_up; from core.wire import scan; warm_up(); scan.warm_up()'
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q $(wildcard tests/unit/test_*kernels*.py) --cov --cov-report=term

check: python api/web/node_modules/.package-lock.json ## Lint, types, import contracts, migrations, web types, budgets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk --config .squawk.toml core/store/sql/migrations/*.sql
	scripts/npm run --silent check
	$(BIN)/pytest -q tests/unit/test_budgets.py

bench: $(VENV)/peers ## Measure every stage beside its peers
	$(BIN)/tallyport bench

accuracy: python ## Hold the engine against recordings and published rules, and write docs/accuracy.md
	$(BIN)/python -m tests.accuracy --out docs/accuracy.md

faults: services python ## Break things on purpose and count what is lost (ID=F11 SEEDS=25 for some of it)
	@echo "faults: compiling the engine, unless it is compiled already"
	@$(BIN)/python -c 'from core.engine.warm_up import warm_up; warm_up()'
	@$(BIN)/python -m tests.faults $(ID) --seeds $(or $(SEEDS),1)

soak: services python ## Run the line for an hour with a fault a minute, and see that nothing is lost and nothing grows (FOR=60 SEED=7)
	@echo "soak: compiling the engine, unless it is compiled already"
	@$(BIN)/python -c 'from core.engine.warm_up import warm_up; warm_up()'
	@$(BIN)/python -m tests.faults.soak --for $(or $(FOR),60) $(if $(SEED),--seed $(SEED))

screenshots: python web ## Take the pictures in docs/pictures anew
	$(BIN)/python -m tests.browser.screenshots

services: ## Install PostgreSQL with TimescaleDB, mosquitto and chromium (Debian and Ubuntu, as root)
	@scripts/services test

python: $(VENV)/installed ## Make .venv with the pinned packages

web: api/web/dist/index.html ## Build the web page

lock: ## Pin the newest packages that pyproject.toml allows
	scripts/lock --upgrade

# Locks are named twice: as constraints they also hold for names with extras, such as coverage[toml], of which an
# older pip would else want the newest release, and find no hash for it.
$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tallyport needs Python 3.11 or newer; say 'make PYTHON=python3.12 ...'" >&2; exit 1; }
	@echo "python: installing the packages of requirements.lock into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -c requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/peers: requirements-bench.lock | $(VENV)/installed
	@echo "bench: installing what others use, to measure beside it"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock -c requirements-bench.lock
	@touch $@

api/web/node_modules/.package-lock.json: api/web/package-lock.json api/web/package.json | $(VENV)/installed
	@echo "web: installing the packages of package-lock.json"
	@scripts/npm ci --silent --no-audit --no-fund
	@touch $@

tests/fixtures/node_modules/.package-lock.json: tests/fixtures/package-lock.json | $(VENV)/installed
	@echo "test: fetching the test suites that others wrote"
	@NPM_FOLDER=tests/fixtures scripts/npm ci --silent --no-audit --no-fund
	@touch $@

api/web/dist/index.html: api/web/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "web: building the page"
	@scripts/npm run --silent build
	@touch $@
