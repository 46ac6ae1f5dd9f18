"""The page of the command line: what the program prints for `sparring --help` and for the help of every verb."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File, Files
from typer.main import get_command
from typer.testing import CliRunner

WIDTH = "100"  # columns of a help text
HEAD = """# Command line

This page shows what `sparring --help` and `sparring VERB --help` print. Exit codes:

| code | meaning |
| --- | --- |
| 0 | Done. Also when a training ended early, or broke and a usable snapshot was kept. |
| 1 | A fault of the program. The traceback is kept in the run folder. |
| 2 | You can mend it: one sentence says what is wrong, where, and what to do. Also when some inputs failed. |
| 130, 143 | Interrupted (Ctrl-C, SIGTERM) and saved. Run the same command to go on. |

"""


def on_files(files: Files, config: Any) -> Files:
    """Add command-line.md."""
    files.append(File.generated(config, "command-line.md", content=page()))
    return files


def page() -> str:
    """The Markdown of the page."""
    from sparring.cli import app

    verbs = get_command(app).list_commands(None)
    sections = [("sparring", []), *((f"sparring {verb}", [verb]) for verb in verbs)]
    return HEAD + "\n".join(f"## {title}\n\n```text\n{_help(app, arguments)}\n```\n" for title, arguments in sections)


def _help(app: Any, arguments: list[str]) -> str:
    """The help text as a terminal of WIDTH columns without colours shows it."""
    runner = CliRunner(env={"COLUMNS": WIDTH, "TERM": "dumb", "NO_COLOR": "1"})
    result = runner.invoke(app, [*arguments, "--help"], prog_name="sparring", catch_exceptions=False)
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())
