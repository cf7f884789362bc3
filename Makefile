# Homeward: what a developer, a stranger and CI run. `make` alone says what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up
ASSETS := webforms/static/.built
ORACLE := tests/feel/oracle/node_modules/.set-up
ASSET_SOURCES := $(shell find webforms/assets -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help up test check prove bench assets tools chromium clean
help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(SETUP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Homeward needs Python 3.11 or newer; set PYTHON=… to name one"; exit 1; }
	@echo "Setting up Python libraries in $(VENV) (a minute or two the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python -m engine.setup.node --quiet || $(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[node]'
	@touch $@

$(ASSETS): $(SETUP) $(ASSET_SOURCES)
	@echo "Building style sheets and scripts (half a minute the first time)"
	@$(BIN)/python -m webforms.assets.build
	@touch $@

$(ORACLE): $(SETUP) tests/feel/oracle/package-lock.json
	@echo "Fetching the expression language that ours is compared with"
	@$(BIN)/python -m engine.setup.node npm ci --ignore-scripts --no-audit --no-fund --silent --prefix tests/feel/oracle
	@touch $@

up: $(ASSETS) ## Set everything up and start Homeward with a demonstration of every council
	@$(BIN)/homeward up $(ARGS)

assets: $(ASSETS) ## Build style sheets and scripts

tools: $(ASSETS) $(ORACLE) ## Set up everything that tests need, Chromium aside

chromium: $(SETUP) ## Find Chromium, or install it where that is allowed
	@$(BIN)/python -m engine.setup.chromium

check: $(SETUP) ## Style, types, import contracts, packs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/homeward pack check

test: tools chromium check ## Everything CI runs
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not prove" tests
	@$(BIN)/homeward scenarios run processes/*/scenarios/*.yaml

prove: assets ## The long proofs, before a release
	@$(BIN)/python -m pytest -m prove tests --ignore tests/journeys -s
	@$(BIN)/python -m pytest -n 2 -m prove tests/journeys -s

bench: $(SETUP) ## Measure, beside bare SpiffWorkflow in the same run
	@$(BIN)/homeward bench $(ARGS)

clean: ## Remove everything that was built here (the database in var/ stays)
	rm -rf $(VENV) webforms/static webforms/assets/node_modules tests/feel/oracle/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache
