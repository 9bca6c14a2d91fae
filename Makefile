# Two commands for a newcomer: `make demo` and `make test`. `make help` lists the rest.
# Needs make and Python 3.11 or later; everything else is installed into $(VENV).

VENV ?= .venv
# Candidates for making $(VENV), best first; `make demo PYTHON=/path/to/python3` overrides them.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
# Test processes side by side; each computes on one thread.
WORKERS ?= 2
PYTEST_ARGS ?=

bin := $(VENV)/bin
pip := $(bin)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs install install-dev

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

demo: install ## Train, retrain, unlearn and compare on the built-in digits
	@$(bin)/unlearn demo

test: install-dev ## Run the whole test suite
	OMP_NUM_THREADS=1 $(bin)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

check: install-dev ## Check format, lint, types and import directions
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports

format: install-dev ## Format the code and fix what the linter can fix
	$(bin)/ruff format .
	$(bin)/ruff check --fix .

docs: install-dev ## Write the generated tables of the algorithm pages
	$(bin)/python -m benchmarks.algorithm_pages

install: $(VENV)/.installed ## Make the virtual environment and install the programs

install-dev: $(VENV)/.installed-dev ## The same with the tools for tests and checks

$(VENV)/.installed: pyproject.toml constraints.txt | $(bin)/python
	@echo "Installing unlearn-lab into $(VENV) (some minutes the first time, mostly torch) ..."
	@$(pip) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(bin)/python
	@echo "Installing unlearn-lab and its test tools into $(VENV) (some minutes the first time, mostly torch) ..."
	@$(pip) --editable '.[dev]'
	@touch $(VENV)/.installed $@

# Only ever made where there is none: an existing environment is used as it is.
$(bin)/python:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$($$python --version)"; \
			$$python -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "$$python cannot make a virtual environment; on Debian and Ubuntu install its python3-venv package." >&2; \
			exit 1; \
		fi; \
	done; \
	echo "unlearn-lab needs Python 3.11 or later, and none of these is one: $(PYTHON)" >&2; \
	echo "(python3 here: $$(python3 --version 2>&1 || true)). Install one, or name it: make $(or $(firstword $(MAKECMDGOALS)),demo) PYTHON=/path/to/python3.12" >&2; \
	exit 1
