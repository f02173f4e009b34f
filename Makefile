# Two commands on a fresh machine with Python >= 3.10: make demo, make test.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint clean

demo: $(VENV)/demo-installed
	$(BIN)/python examples/demo.py

test: $(VENV)/test-installed
	$(BIN)/python -m pytest

lint: $(VENV)/test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/demo-installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=..." if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --quiet --editable '.[plot]'
	touch $@

$(VENV)/test-installed: $(VENV)/demo-installed
	$(BIN)/python -m pip install --quiet --quiet --editable '.[test,lint]'
	touch $@

clean:
	rm -rf $(VENV) demo experiments build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
