"""The plan of the house, held by reading the code: imports point one way, files and functions stay small."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parent.parent / "src" / "sparring"

# Each room may import rooms of its own row and of the rows below; between two rooms of one row, one way only.
ROWS = (
    ("cli", "serving", "__main__"),
    ("__init__", "api", "comparison", "enlargement", "tabular", "tuning"),
    ("training", "downstream", "evaluation"),
    ("inference",),
    ("modalities",),
    ("algorithms", "reports"),
    ("networks", "runs"),
    ("metrics", "config"),
    ("losses", "callbacks", "data", "statistics"),
    ("augmentations", "signals"),
    ("util",),
    ("errors",),
)
ROW_OF = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60
LONG_FILES: dict[str, str] = {}  # file -> why it is longer
LONG_FUNCTIONS: dict[str, str] = {}  # file:function -> why it is longer

FILES = sorted(SRC.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_of(path) for path in FILES}


def imports_of(path: Path) -> set[str]:
    """Every module of the package that a file imports: at its head, in functions and for types alone."""
    found = set()
    package = ["sparring", *path.relative_to(SRC).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                below = f"{target}.{alias.name}".removeprefix("sparring.")
                found.add(f"sparring.{below}" if below in MODULES else target)
    inside = {
        name.removeprefix("sparring").lstrip(".") or "__init__" for name in found if name.split(".")[0] == "sparring"
    }
    return inside - {module_of(path)}


IMPORTS = {module_of(path): imports_of(path) for path in FILES}


def room_of(module: str) -> str:
    return module.split(".")[0]


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """A circle of imports, or []."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if found := visit(target, [*path, node]):
                return found
        done.add(node)
        return []

    for start in sorted(graph):
        if found := visit(start, []):
            return found
    return []


def test_every_room_has_its_row():
    assert {room_of(module) for module in MODULES} <= set(ROW_OF)


def test_imports_point_downwards():
    upward = [
        f"{module} -> {target}"
        for module, targets in IMPORTS.items()
        for target in targets
        if ROW_OF[room_of(target)] < ROW_OF[room_of(module)]
    ]
    assert upward == []


def test_no_rooms_import_one_another():
    rooms: dict[str, set[str]] = {}
    for module, targets in IMPORTS.items():
        rooms.setdefault(room_of(module), set()).update(room_of(target) for target in targets)
    assert circle_in({room: targets - {room} for room, targets in rooms.items()}) == []


def test_no_modules_import_one_another():
    """A package's __init__ that gathers names from its modules is no circle as long as they do not import it back."""
    assert circle_in(IMPORTS) == []


def test_networks_know_tensors_alone():
    forbidden = {"data", "modalities", "algorithms", "training"}
    assert not any(
        room_of(target) in forbidden
        for module in MODULES
        if room_of(module) == "networks"
        for target in IMPORTS[module]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_files_and_functions_are_small(path):
    name, text = str(path.relative_to(SRC)), path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES or name in LONG_FILES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES or f"{name}:{node.name}" in LONG_FUNCTIONS, (
                f"{node.name}: {length} lines"
            )


def test_the_plan_is_checked():
    """What the tests above find where there is something to find."""
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert "config.recipe" in IMPORTS["algorithms.base"]
    assert "modalities" in IMPORTS["training.assembly"] or any(
        target.startswith("modalities") for target in IMPORTS["training.assembly"]
    )
