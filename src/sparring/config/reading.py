"""Reading recipes from YAML files, and settings from --set."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ..errors import UNPRINTABLE, UserError, nearest
from ..util.files import read_text
from .recipe import Recipe, first_fault

FORMAT = 2


def list_recipes() -> list[str]:
    """The names of the recipes that the package ships, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _folder().iterdir() if entry.name.endswith(".yaml"))


def recipe_text(name: str) -> str:
    """The YAML of a shipped recipe, comments and sources included. Raises UserError for an unknown name."""
    if name not in list_recipes():
        raise UserError(f"recipe '{name}' is unknown; {nearest(name, list_recipes())}")
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def load_recipe(name: str) -> Recipe:
    """A shipped recipe by name, or a user's recipe by the path of its YAML file.

    Raises UserError if there is none or if it is invalid.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UserError(f"there is no recipe file {name}")
        return recipe_from(parse_yaml(read_text(path), name), name)
    return recipe_from(parse_yaml(recipe_text(name), name), name)


def load_yaml(text: str) -> Any:
    """The value of a YAML document in which 1e-3 is a number. Raises yaml.YAMLError."""
    try:
        return yaml.load(text, Loader=_Loader)
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # such as a date that no calendar has
        raise yaml.YAMLError(f"it holds a value that cannot be: {error}") from None


def dump_yaml(values: dict[str, Any]) -> str:
    """The YAML from which `load_yaml` makes these values again."""
    text = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    if any(ord(character) in UNPRINTABLE and character != "\n" for character in text):
        text = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=140)
    return text


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """The YAML mapping of a recipe, without its `format` key.

    Raises UserError, naming `origin`, if the text is no YAML mapping or its `format` is not FORMAT.
    """
    try:
        value = load_yaml(text)
    except yaml.YAMLError as error:
        raise UserError(f"{origin} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(value, dict):
        raise UserError(f"{origin} should be a mapping of keys to values")
    found = value.pop("format", None)
    if found != FORMAT:
        raise UserError(f"{origin} has format {found}, this version of sparring reads format {FORMAT}")
    return value


def recipe_from(values: dict[str, Any], origin: str) -> Recipe:
    """A recipe from plain values. Raises UserError, in one sentence, for unknown keys and invalid values."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{origin}: {first_fault(error)}") from None


def with_settings(recipe: Recipe, settings: dict[str, Any], origin: str = "--set") -> Recipe:
    """The recipe with dotted keys replaced: {"players.generator.optimizer.lr": 1e-3}.

    Keys directly below `options` and `penalties` may be new; all others must exist. The key `size` stands for all
    settings of that name among the recipe's sizes; other settings come after them. Raises UserError.
    """
    values = recipe.model_dump(mode="json")
    if settings.get("size") is not None:
        settings = {**_of_size(recipe, settings["size"], origin), **settings}
    for key, value in settings.items():
        *path, last = key.split(".")
        node = values
        for part in path:
            node = _child(node, part, key, origin)
        if not isinstance(node, dict) or (last not in node and path[-1:] not in (["options"], ["penalties"])):
            _child(node, last, key, origin)
        node[last] = value
    return recipe_from(values, origin)


def _of_size(recipe: Recipe, size: Any, origin: str) -> dict[str, Any]:
    """The settings of one of the recipe's named sizes."""
    if size not in recipe.sizes:
        hint = nearest(str(size), list(recipe.sizes)) if recipe.sizes else "it has one size only"
        raise UserError(f"{origin} size={size}: recipe '{recipe.name}' has no size '{size}'; {hint}")
    return recipe.sizes[size]


def parse_settings(settings: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """Settings such as ["batch=64", "players.generator.optimizer.lr=1e-3"] as a mapping; values are read as YAML.

    Raises UserError for a setting without "=", with a value that is not YAML, or of a key that is given twice.
    """
    parsed = dict[str, Any]()
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set {setting} should look like key=value, for example --set batch=64")
        if key.strip() in parsed:
            raise UserError(f"--set {setting}: '{key.strip()}' is given twice; give it once")
        try:
            value = load_yaml(text)
            json.dumps(value, default=str)  # raises ValueError for a value that holds itself (&a [*a])
            parsed[key.strip()] = value
        except (yaml.YAMLError, ValueError, RecursionError, TypeError):
            raise UserError(f"--set {setting}: '{text}' is not a value that YAML can read") from None
    return parsed


def length_from(text: int | str, epoch: int, per_step: int) -> int:
    """A number of examples from "200000", "2M", "500k", "50epochs" or "30000steps".

    Args:
        text: The length as the user typed it.
        epoch: The number of training examples, that is examples in an epoch.
        per_step: Examples that a step counts.

    Raises:
        UserError: If the text is not a number of examples.
    """
    match = re.fullmatch(
        r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*(k|m|epochs?|steps?|examples?)?\s*",
        str(text).lower().replace(",", "").replace("_", ""),
    )
    of_examples = match and (match[2] or "example").startswith("example")
    part = match and of_examples and not float(match[1]).is_integer()  # of an example
    if not match or part or not 0 < float(match[1]) < 1e12:
        raise UserError(f"'{text}' is not a number of examples; write for example 200000, 2M, 50epochs or 30000steps")
    factor = {"k": 1e3, "m": 1e6, "epoch": epoch, "step": per_step}.get((match[2] or "").removesuffix("s"), 1)
    return max(1, round(float(match[1]) * factor))


def _folder() -> Any:
    return resources.files("sparring") / "recipes"


def _child(node: Any, part: str, key: str, origin: str) -> Any:
    if not isinstance(node, dict) or part not in node:
        known = sorted(node) if isinstance(node, dict) else []
        hint = nearest(part, known) if known else "nothing lies below that"
        if known and part in (node.get("algorithm") or ()):
            hint = f"did you mean 'algorithm.{part}'?"
        raise UserError(f"{origin} {key}: there is no '{part}' here; {hint}")
    return node[part]


class _Loader(yaml.SafeLoader):
    """SafeLoader that also reads 1e-3 as a number (YAML 1.1 requires 1.0e-3), and refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"a key is a word or a number, not a list or a mapping (line {_line(key)})")
            if key.value in seen:
                raise yaml.YAMLError(f"key '{key.value}' is given twice (line {_line(key)})")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes the text "1e-3", which _Loader would read as a number."""


for _each in (_Loader, _Dumper):
    _each.add_implicit_resolver(
        "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+0123456789.")
    )
