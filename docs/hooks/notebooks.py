"""The pages of the tutorials: percent-format notebooks (`docs/notebooks/*.py`) as Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.files import Files

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def on_files(files: Files, config: Any) -> Files:
    """Add one page for every notebook."""
    from mkdocs.structure.files import File

    for path in sorted(NOTEBOOKS.glob("*.py")):
        content = markdown(path.read_text(encoding="utf-8"))
        if not content.strip():
            continue  # tutorial.py, which the notebooks share, has no cells
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=content))
    return files


def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a notebook in percent format: ("markdown" or "code", text), without what precedes the first one."""
    found = []
    for part in re.split(r"(?m)^# %%", text)[1:]:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            found.append(("markdown", re.sub(r"(?m)^# ?", "", body).strip()))
        else:
            found.append(("code", body.strip()))
    return found


def markdown(text: str) -> str:
    """A notebook as Markdown."""
    parts = [body if kind == "markdown" else f"```python\n{body}\n```" for kind, body in cells(text)]
    return "\n\n".join(parts) + "\n"
