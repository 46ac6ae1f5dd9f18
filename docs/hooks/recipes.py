"""The page of recipes: a table of all of them, then each recipe's YAML with the sources of its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import File, Files

RECIPES = Path(__file__).parents[2] / "src" / "sparring" / "recipes"

HEAD = """# Recipes

A recipe is a YAML file with every number of a training and the source of that number. `sparring recipes` lists the
recipes, and `sparring recipes NAME` prints one of them. [Your own recipe](guides/own-recipe.md) explains how to change
values and how to write a recipe.

| recipe | what it is | data |
| --- | --- | --- |
"""


def on_files(files: Files, config: Any) -> Files:
    """Add recipes.md."""
    files.append(File.generated(config, "recipes.md", content=page()))
    return files


def page() -> str:
    """The Markdown of the page. It reads the YAML files alone, so that it needs no import of the package."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RECIPES.glob("*.yaml"))}
    rows = []
    for name, text in texts.items():
        recipe = yaml.safe_load(text)
        rows.append(f"| [`{name}`](#{name}) | {recipe['summary']} | {', '.join(recipe['modalities'])} |")
    sections = [f"## {name}\n\n```yaml\n{text.rstrip()}\n```\n" for name, text in texts.items()]
    return HEAD + "\n".join(rows) + "\n\n" + "\n".join(sections)
