"""sparring recipes"""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def recipes(name: Annotated[str | None, typer.Argument(help="Show this one whole.")] = None) -> None:
        """List the trainings that come with sparring, or show one with the source of its numbers."""
        from ..config.reading import list_recipes, load_recipe, recipe_text

        if name is not None:
            typer.echo(recipe_text(name), nl=False)
            return
        known = {each: load_recipe(each) for each in list_recipes()}
        width = max(map(len, known))
        for each, recipe in known.items():
            typer.echo(f"{each:<{width}}  {recipe.summary} [{', '.join(recipe.modalities)}]")
