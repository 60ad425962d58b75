# What can be done here. Everything happens in .venv, and needs Python 3.11 or newer (`make PYTHON=python3.12 …`).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint golden bench soak clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

demo: .venv/installed ## a graph becomes a project, which runs here: its tree, its picture, its plan, its results
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo.sh

test: .venv/tested lint ## every check and every test, as CI runs them
	$(BIN)/python -m pytest

lint: .venv/tested ## black, ruff and mypy over our own code
	$(BIN)/black --quiet --check .
	$(BIN)/ruff check --quiet
	$(BIN)/mypy

golden: .venv/tested ## write the expected output anew; then read `git diff`
	$(BIN)/python -m pytest --quiet --update-golden

bench: .venv/benched ## generation, the embedded v3io, the local run and a step's handler, each side by side with its peers
	$(BIN)/python benchmarks/generate.py
	$(BIN)/python benchmarks/emulator.py
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/handler.py
	$(BIN)/python benchmarks/processor.py

soak: .venv/tested ## 100,000 messages and 200 faults: is any of them lost? takes about a quarter of an hour
	$(BIN)/python tests/faults/soak.py

clean: ## take away what make made
	rm -rf .venv build

.venv/python: # a virtual environment, once its Python is known to be new enough
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "iguazioig needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "install the venv module of $(PYTHON), such as Debian's python3-venv" >&2; exit 1; }
	@touch $@

.venv/installed: .venv/python pyproject.toml
	@echo "installing iguazioig into .venv …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[run]'
	@touch $@

.venv/tested: .venv/python pyproject.toml
	@echo "installing iguazioig and what its tests need into .venv …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ .venv/installed

.venv/benched: .venv/python pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@ .venv/installed
