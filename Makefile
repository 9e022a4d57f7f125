# Two commands on a fresh machine: `make run` and `make test`. Each does the set-up it needs, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

# Year and week are how the seeds of a week begin, here and in the weekly workflow: five hundred that no week had
# before and nobody develops with. What they came to has a folder of its own, so that only the same ones are gone on with.
SWARM_WEEK ?= $(shell date -u +%G%V)
SWARM_SEEDS ?= $(SWARM_WEEK)001-$(SWARM_WEEK)500
SWARM_FORMAT ?= plain

.PHONY: run test deep scoreboard lint types contracts cov docs economics baseline crosscheck
.PHONY: weekly weekly-canary weekly-swarm weekly-sweep weekly-rlimit weekly-scoreboard weekly-deep

run: $(STAMP)
	$(BIN)/sim run scenarios/*.yaml

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal

# Hours, not minutes: every storm over a hundred seeds, a thousand orders in each, properties at full depth.
deep: $(DEV_STAMP)
	$(BIN)/python -m pytest -n auto --chaos --property

# What a week of changes must pass besides; each part by itself is `make weekly-swarm` and so on. See docs/swarm.md.
weekly: weekly-canary weekly-swarm weekly-sweep weekly-rlimit weekly-scoreboard weekly-deep

# A bot with a planted bug must be found, and a sound one not: else the search has died.
weekly-canary: $(STAMP)
	$(BIN)/python tests/canary.py

# Fresh storms; every rare state must be reached, and one seed in fifty goes through the real adapter as well.
weekly-swarm: $(STAMP)
	$(BIN)/sim swarm --seeds $(SWARM_SEEDS) --through live --must-reach --resume \
		--out swarms/weekly-$(SWARM_SEEDS) --format $(SWARM_FORMAT)

# No width in reach may break a promise.
weekly-sweep: $(STAMP)
	$(BIN)/sim sweep scenarios/fine_print.yaml -p spread.base_bps=0.6:2.4:4 -p queue.enabled=true,false --seeds 1-8 --resume

# A real limit on the memory of a real process.
weekly-rlimit: $(STAMP)
	$(BIN)/python -m pytest tests/chaos/test_memory_pressure.py --chaos

# What is committed is judged anew beside it, when somebody looks.
weekly-scoreboard: $(DEV_STAMP)
	$(BIN)/python tests/scoreboard.py -o swarms/scoreboard.md

weekly-deep: deep

# Which mistakes the invariants find by themselves, in drawn storms; writes docs/scoreboard.md.
scoreboard: $(DEV_STAMP)
	$(BIN)/python tests/scoreboard.py

# Published economics against ours, at full size: expected, measured, tolerance, verdict.
economics: $(STAMP)
	$(BIN)/python tests/conformance/economics/table.py

# Our fills on the recorded windows against hftbacktest's: the table of docs/tapes.md, which says what it needs.
crosscheck: $(STAMP)
	$(BIN)/python tests/compat/crosscheck/table.py

# What later changes are judged against: save it anew when one is meant to cost something, and commit why.
baseline: $(STAMP)
	$(BIN)/sim run scenarios/economics/no_worse.yaml scenarios/economics/no_worse_fast.yaml --seed 1-16 --save-baseline

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
