"""The rules of the tests themselves: seeds, nothing left behind, no clocks; and the jobs that run them elsewhere."""

import ast
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

import lower_bounds
from global_state import differences, global_state
from seeds import SEED

TESTS = Path(__file__).parent
# The only tests that may look at a clock: they kill a process at a random moment, or start one that must end.
TIMED = {"repeat.py", "damage_trials.py", "test_interruptions.py", "test_processes.py"}
CLOCKS = {"time.time", "time.monotonic", "time.perf_counter", "time.process_time", "time.sleep", "datetime.now"}
GENERATORS = {"np.random.default_rng", "np.random.RandomState", "torch.Generator", "random.Random"}


def called(node):
    """The names of what is called below a node, such as "time.sleep"."""
    return {ast.unparse(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}


def shared_generators(module):
    """Names of generators of the whole module that its functions draw from: their numbers depend on who drew before."""
    held = {
        target.id
        for each in module.body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)
        for target in each.targets
        if isinstance(target, ast.Name) and ast.unparse(each.value.func) in GENERATORS
    }
    functions = [each for each in ast.walk(module) if isinstance(each, ast.FunctionDef | ast.Lambda)]
    return held & {each.id for function in functions for each in ast.walk(function) if isinstance(each, ast.Name)}


@pytest.fixture(scope="module")
def drawn_by_all():
    return random.random(), np.random.rand(), float(torch.rand(()))  # noqa: NPY002


def the_first_numbers():
    generator = torch.Generator().manual_seed(SEED)
    legacy = np.random.RandomState(SEED)  # noqa: NPY002
    return random.Random(SEED).random(), legacy.rand(), float(torch.rand((), generator=generator))


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_begins_with_the_seed(turn):
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == the_first_numbers()  # noqa: NPY002


def test_a_shared_fixture_begins_with_the_seed_and_takes_no_numbers_away(request):
    torch.rand(3)
    assert request.getfixturevalue("drawn_by_all") == the_first_numbers()
    expected = torch.rand(4, generator=torch.Generator().manual_seed(SEED))[3]
    assert torch.rand(()) == expected


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda: torch.set_default_dtype(torch.float64), "default type: was torch.float32 and is torch.float64"),
        (lambda: os.environ.update(SPARRING_CACHE="/elsewhere"), "environment: SPARRING_CACHE was "),
        (lambda: os.environ.update(SPARRING_NEW="1"), "environment: SPARRING_NEW was None and is '1'"),
        (lambda: np.seterr(divide="raise"), "errors of NumPy: divide was 'warn' and is 'raise'"),
        (lambda: os.chdir("/"), "folder: was "),
    ],
)
def test_what_a_test_leaves_behind_is_named(change, named, monkeypatch, tmp_path):
    before, folder, kind, errors = global_state(), os.getcwd(), torch.get_default_dtype(), np.geterr()
    environment = dict(os.environ)
    try:
        change()
        (line,) = differences(before, global_state())
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        torch.set_default_dtype(kind)
        np.seterr(**errors)
    assert line.startswith(named)
    assert differences(before, global_state()) == []


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_looks_at_a_clock_or_shares_a_generator(path):
    module = ast.parse(path.read_text(encoding="utf-8"))
    assert path.name in TIMED or not called(module) & CLOCKS
    assert not shared_generators(module)


def test_clocks_and_shared_generators_are_found():
    module = ast.parse("RNG = np.random.default_rng(0)\nDATA = RNG.normal()\ndef test():\n    time.sleep(1)")
    assert called(module) & CLOCKS == {"time.sleep"} and not shared_generators(module)
    assert shared_generators(ast.parse("RNG = np.random.default_rng(0)\ndef test():\n    RNG.normal()")) == {"RNG"}


def test_lower_bounds_become_exact_versions():
    project = """
    [project]
    dependencies = ["torch>=2.13", "pyyaml>=6.0"]
    [project.optional-dependencies]
    docs = ["mkdocstrings[python]>=0.28"]
    dev = ["sparring[docs]", "pytest>=8.0"]
    """
    assert lower_bounds.lower_bounds(project) == ["mkdocstrings==0.28", "pytest==8.0", "pyyaml==6.0", "torch==2.13"]
