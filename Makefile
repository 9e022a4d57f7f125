# Two commands on a fresh machine: `make run` and `make test`. Each does the set-up it needs, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: run test deep lint types contracts cov docs economics baseline

run: $(STAMP)
	$(BIN)/sim run scenarios/*.yaml

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal

# Hours, not minutes: every storm over a hundred seeds, a thousand orders in each, properties at full depth.
deep: $(DEV_STAMP)
	$(BIN)/python -m pytest -n auto --chaos --property

# Published economics against ours, at full size: expected, measured, tolerance, verdict.
economics: $(STAMP)
	$(BIN)/python tests/conformance/economics/table.py

# What later changes are judged against: save it anew when one is meant to cost something, and commit why.
baseline: $(STAMP)
	$(BIN)/sim run scenarios/economics/no_worse.yaml --seed 1-16 --save-baseline

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	$(BIN)/mypy

contracts: $(DEV_STAMP)
	$(BIN)/lint-imports

cov: $(DEV_STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/zensical build --strict

# The stamp is younger than what it was made from, or everything is installed again.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

$(DEV_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
