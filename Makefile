# Each target does all its own set-up. The two to know: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The reference implementation of JSONata, a second opinion for the tests; they skip where npm is missing.
export CROSSDOCK_NODE_MODULES := $(CURDIR)/$(VENV)/reference/node_modules

.PHONY: run test test-long lint format docs bench clean

run: $(READY)  ## the reference workspace in sandbox mode
	$(BIN)/crossdock run --sandbox

test: $(READY)  ## the whole suite, without the long rounds
	scripts/services.sh
	scripts/reference.sh $(VENV)/reference
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadgroup

test-long: $(READY)  ## the full rounds of kills and fuzzing
	scripts/services.sh
	scripts/reference.sh $(VENV)/reference
	$(BIN)/python -m pytest -m long

lint: $(READY)  ## code, types, floors, and the reference workspace
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/crossdock lint --no-secrets
	$(BIN)/crossdock test --coverage-min 95

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## the reference pages that are made from the models
	$(BIN)/python -m engine.config.reference docs/reference
	$(BIN)/python -m engine.lint.reference docs/reference/findings
	$(BIN)/python -m engine.cli.reference > docs/reference/cli.md
	$(BIN)/python -m engine.jsonata.reference > docs/reference/functions.md

bench: $(READY)  ## ratios against named peers
	$(BIN)/python bench/pipeline.py

$(READY): pyproject.toml scripts/environment.sh
	PYTHON=$(PYTHON) scripts/environment.sh $(VENV)
	touch $(READY)

clean:
	rm -rf $(VENV) .crossdock .mypy_cache .ruff_cache .pytest_cache
