"""Print pyproject.toml's lower bounds as constraints, so that the oldest versions that are promised can be run.

What those packages bring themselves is not held back: it is as new as they allow.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,]+\])?(>=(?P<version>[\w.]+))?")


def lower_bounds(project: str) -> list[str]:
    """name==version for each requirement of a pyproject.toml that has a lower bound."""
    table = tomllib.loads(project)["project"]
    requirements = [
        *table["dependencies"],
        *(each for extra in table["optional-dependencies"].values() for each in extra),
    ]
    found = [REQUIREMENT.fullmatch(each) for each in requirements]
    assert all(found), f"not understood: {[each for each, match in zip(requirements, found, strict=True) if not match]}"
    return sorted({f"{match['name']}=={match['version']}" for match in found if match and match["version"]})


if __name__ == "__main__":
    print("\n".join(lower_bounds(PROJECT.read_text(encoding="utf-8"))))
