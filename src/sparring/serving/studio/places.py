"""Which data the studio opens: built-in names, and what lies in the folders that it was given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError, printable
from ...modalities.opening import known_names
from ..errors import Refused

MAX_ENTRIES = 500  # of a folder that are listed


class Places:
    """The folders whose content a page may name.

    Attributes:
        roots: Absolute, without links.
        names: Data that is opened by a name alone.
    """

    def __init__(self, roots: Sequence[Path]):
        """Raises UserError for a root that is no folder."""
        for root in roots:
            if not root.is_dir():
                raise UserError(f"--data {root}: there is no such folder")
        self.roots = [root.resolve() for root in roots]
        self.names = known_names()

    def data(self, text: str) -> str:
        """What the command line is given for what a page names: a built-in name, or an absolute path.

        Raises Refused for what lies elsewhere, whether it exists or not, and for what does not exist.
        """
        return text if text in self.names else str(self._path(text))

    def entries(self, text: str) -> dict[str, Any]:
        """What lies in a folder: its path, the one above where that may be listed, and its entries by name."""
        folder = self._path(text)
        if not folder.is_dir():
            raise Refused(422, f"{printable(text)} is a file, not a folder")
        found = sorted(folder.iterdir(), key=lambda entry: entry.name.lower())
        seen = [entry for entry in found if not entry.name.startswith(".") and self._holds(entry)]
        shown = [{"name": entry.name, "path": str(entry), "folder": entry.is_dir()} for entry in seen[:MAX_ENTRIES]]
        above = str(folder.parent) if self._holds(folder.parent) else None
        return {"path": str(folder), "above": above, "entries": shown, "more": max(0, len(seen) - MAX_ENTRIES)}

    def _path(self, text: str) -> Path:
        if "\0" in text or not text.strip():
            raise Refused(422, "name the data: a folder, a file, or a name such as digits")
        if "://" in text:
            raise Refused(422, "the studio opens files and folders, no addresses; train those on the command line")
        try:
            path = self.roots[0] / Path(text).expanduser()
        except RuntimeError:  # ~somebody
            path = self.roots[0] / text
        if not self._holds(path):
            allowed = ", ".join(map(str, self.roots))
            raise Refused(403, f"the studio may open what lies in {allowed}; to open more, start it with --data FOLDER")
        if not path.exists():
            raise Refused(422, f"there is no {printable(text)}; choose a folder or a file, or a name such as digits")
        return path.resolve()

    def _holds(self, path: Path) -> bool:
        """Whether a path lies in one of the folders, links followed."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # too long, or links in a circle
            return False
        return any(real.is_relative_to(root) for root in self.roots)
