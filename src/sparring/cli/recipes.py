"""The verb `sparring recipes`."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import say

CHOICE = "one of these, chosen from the data, the device and the length; a training prints which, and why"


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this recipe as YAML. Default: list all.", show_default=False)
    ] = None,
) -> None:
    """List the recipes that come with sparring, or print one with the sources of its numbers.

    Examples:  sparring recipes   |   sparring recipes dcgan > my.yaml
    """
    from ..config.options import AUTO
    from ..config.reading import list_recipes, load_recipe, recipe_text

    if name == AUTO:
        say(CHOICE)
        return
    if name is not None:
        typer.echo(recipe_text(name), nl=False)
        return
    known = {each: load_recipe(each) for each in list_recipes()}
    width = max(map(len, known))
    say(f"{AUTO:<{width}}  the default: {CHOICE}")
    for each, recipe in known.items():
        say(f"{each:<{width}}  {recipe.summary} [{', '.join(recipe.modalities)}]")
