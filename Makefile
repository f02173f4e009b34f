# Two commands on a fresh machine with Python >= 3.10: make demo, make test.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Two processes; one that is done takes from the other.
PYTEST = $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: demo frameworks quick test lint fix bench pictures hooks clean

demo: $(VENV)/demo-installed
	$(BIN)/python examples/demo.py

# A tenth of the examples, and no slow tests: for the minutes between two edits.
quick: $(VENV)/test-installed
	HYPOTHESIS_PROFILE=quick $(PYTEST) -m "not slow"

# Everything; HYPOTHESIS_PROFILE=explore tries twenty times the examples.
test: $(VENV)/test-installed
	$(PYTEST)

lint: $(VENV)/test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(VENV)/test-installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The short form of the tables of benchmarks/README.md. Other tools are compared where they are installed.
bench: $(VENV)/demo-installed
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/traverse_speed.py --quick
	$(BIN)/python benchmarks/engines_speed.py --quick
	$(BIN)/python benchmarks/line_speed.py --quick
	$(BIN)/python benchmarks/million.py --quick

# The pictures of docs/ but those of docs/experiments.md, whose scripts run for minutes: examples/experiments/.
pictures: $(VENV)/demo-installed
	$(BIN)/python examples/pictures.py docs/pictures
	$(BIN)/python examples/folding.py docs/folding.png
	$(BIN)/python examples/shallow_deep.py docs/shallow_deep.png

# Lint before every commit of this clone: see .pre-commit-config.yaml.
hooks: $(VENV)/test-installed
	$(BIN)/pre-commit install

$(VENV)/demo-installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=..." if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --quiet --editable '.[plot]'
	touch $@

$(VENV)/test-installed: $(VENV)/demo-installed
	$(BIN)/python -m pip install --quiet --quiet --editable '.[test,lint]'
	touch $@

# PyTorch and Keras, whose readers are tested where they are installed; a gigabyte or more. TORCH says which:
# make frameworks TORCH=torch==2.13.0
TORCH ?= torch
frameworks: $(VENV)/test-installed
	$(BIN)/python -m pip install --quiet --quiet '$(TORCH)'
	$(BIN)/python -m pip install --quiet --quiet --editable '.[frameworks]'

clean:
	rm -rf $(VENV) demo experiments build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
