# Every target does its own set-up: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
# One thread a test process: two processes share the machine.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: setup demo test test-all lint docs clean

setup: .venv/ready

# torch first and pinned: otherwise pip may choose a build that brings several GB of GPU packages.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt --editable '.[dev]'
	touch $@

# A class-conditional GAN on the handwritten digits that ship inside scikit-learn.
demo: setup
	$(BIN)/sparring train digits --budget 90s --out runs/demo
	$(BIN)/sparring generate runs/demo -n 100 -o runs/demo/generated.png
	$(BIN)/sparring interpolate runs/demo -o runs/demo/interpolation.gif
	@echo "Look at runs/demo/report.html, runs/demo/generated.png and runs/demo/interpolation.gif"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(PYTEST) -m "not slow"

# Real kills, the full matrix, long trainings, notebooks and the documentation: before a release.
test-all: lint docs
	$(PYTEST)

# The documentation, into build/site. A warning is an error, and nothing is loaded from elsewhere. The variable silences a
# notice of the theme about another program.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Look at build/site/index.html"

clean:
	rm -rf .venv build dist
