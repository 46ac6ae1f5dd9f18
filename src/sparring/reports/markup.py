"""Small pieces of HTML. All outside text passes through `text`, here and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from ..errors import printable


def text(value: object) -> str:
    """Anything as escaped text, which cannot become markup."""
    return html.escape(printable(value), quote=True)


def section(title: str, *parts: str) -> str:
    """A titled part of the page; "" where it has no content."""
    body = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{text(title)}</h2>\n{body}\n</section>" if body else ""


def paragraph(value: object, style: str = "") -> str:
    """A paragraph; "" for no text."""
    return f"<p{_style(style)}>{text(value)}</p>" if str(value) else ""


def bullets(items: Iterable[object], style: str = "") -> str:
    """A list; "" for no items."""
    inner = "".join(f"<li>{text(item)}</li>" for item in items)
    return f"<ul{_style(style)}>{inner}</ul>" if inner else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first column names the row and whose second holds its value; "" for no rows."""
    body = "\n".join(_row(row) for row in rows)
    if not body:
        return ""
    titles = "".join(f'<th scope="col">{text(title)}</th>' for title in head)
    thead = f"<thead><tr>{titles}</tr></thead>" if head else ""
    return f'<div class="wide"><table>{thead}<tbody>\n{body}\n</tbody></table></div>'


def matrix(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of values by row and column, which scrolls if it is too wide. Text in brackets goes below the value."""
    titles = "".join(f'<th scope="col">{text(title)}</th>' for title in head)
    body = "\n".join(
        f'<tr><th scope="row">{text(first)}</th>{"".join(f"<td>{_stacked(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    table = f'<table class="matrix"><thead><tr>{titles}</tr></thead><tbody>\n{body}\n</tbody></table>'
    return f'<div class="wide">{table}</div>'


def _stacked(cell: str) -> str:
    value, bracket, rest = cell.partition(" (")
    return text(value) + (f"<br><small>({text(rest)}</small>" if bracket else "")


def _row(row: Sequence[object]) -> str:
    first, second, *rest = row
    more = "".join(f"<td>{text(cell)}</td>" for cell in rest)
    return f'<tr><th scope="row">{text(first)}</th><td class="value">{text(second)}</td>{more}</tr>'


def picture(uri: str, described: str, caption: str, width: int | None = None) -> str:
    """A figure. With a width, the picture is enlarged to it and its pixels stay sharp."""
    shown = f' class="sharp" width="{width}"' if width else ""
    return f'<figure><img src="{uri}" alt="{text(described)}"{shown}><figcaption>{text(caption)}</figcaption></figure>'


def player(uri: str, caption: str) -> str:
    """A figure that plays a sound."""
    return f'<figure><audio controls src="{uri}"></audio><figcaption>{text(caption)}</figcaption></figure>'


def passage(lines: str, caption: str) -> str:
    """A figure of text as it is, with its line ends and spaces."""
    shown = "\n".join(text(line) for line in lines.split("\n"))
    return f"<figure><pre>{shown}</pre><figcaption>{text(caption)}</figcaption></figure>"


def page(title: str, style: str, body: str) -> str:
    """A whole page. Its content security policy forbids the browser to load anything."""
    sources = "img-src data:; media-src data:; style-src 'unsafe-inline'"
    policy = f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _style(name: str) -> str:
    return f' class="{name}"' if name else ""
