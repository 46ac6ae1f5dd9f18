# Every target does its own set-up: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
# One thread a test process: two processes share the machine.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

# Other versions of Python that `make test-all` tries where they are installed.
PYTHONS ?= python3.12 python3.13

.PHONY: setup demo test test-all test-repeat test-oldest test-pythons lint docs clean

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

# Real kills, the full matrix, long trainings, notebooks and the documentation, the oldest versions of every package and
# other versions of Python: before a release.
test-all: lint docs
	$(PYTEST)
	$(MAKE) test-oldest test-pythons

# The quick tests twenty times: each time another order, another seed, one or two threads, new or older instructions.
test-repeat: setup
	$(BIN)/python tests/repeat.py --times 20

# The lower bounds of pyproject.toml, exactly, on the oldest Python.
test-oldest:
	sh tests/elsewhere.sh python3.11 oldest

# The newest versions on other versions of Python.
test-pythons:
	for python in $(PYTHONS); do sh tests/elsewhere.sh $$python newest || exit 1; done

# The documentation, into build/site. A warning is an error, and nothing is loaded from elsewhere. The variable silences a
# notice of the theme about another program.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Look at build/site/index.html"

clean:
	rm -rf .venv .venv-* build dist
