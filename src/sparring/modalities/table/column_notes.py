"""What is printed about columns whose values are not learned, or are not what they may seem."""

from __future__ import annotations

from .columns import Column


def note(column: Column) -> str:
    """What happens to the values of a column; "" where it is learned and nothing is to be said."""
    name, made = column.name, column.made
    drop = f"--type {name}=drop leaves the column out."
    keep = f"--type {name}=category learns the values as they are, {drop}"
    if column.kind == "text":
        return (
            f"{name}: free text is not learned; new texts are made of words that many rows share (--recipe text learns "
            f"texts alone). {keep}"
        )
    if column.learned:
        if "perhaps" not in made:
            return ""
        return (
            f"{name}: may hold names of people, and the values come out as they are. --type {name}=name makes new ones "
            f"instead, {drop}"
        )
    share, again = made.get("share"), made.get("again", 0.0)
    why = "" if share is None else f" ({share:.0%} of the values look like it)" if share else " (as its name says)"
    old = f"about {again:.1%} of them are values of the data" if again else "none of them one of the data"
    what = made.get("kind", column.kind)
    example = made.get("numbers")
    same = f", the same for each {made['by']}" if "by" in made else ""
    same += f", each with one {', '.join(made['of'])}" if "of" in made else ""
    doubt = f" '{example}' is read as a code; of measures make columns of numbers." if example else ""
    return f"{name}: {what}{why}, not learned; new ones are made in the same form{same}, {old}. {keep}{doubt}"
