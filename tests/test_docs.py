"""The README stays short, and the documentation builds without a warning and loads nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README_WORDS = 600  # as `wc -w` counts them
ELSEWHERE = r"""["']?(?:https?:)?//[^"')\s>]+"""
# What a browser loads on its own: scripts, styles, fonts, pictures, frames. Links that a person clicks do not count.
LOADED = re.compile(
    rf"""<(?:script|img|iframe|source|audio|video|embed)\b[^>]*?\bsrc={ELSEWHERE}"""
    rf"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|icon|preload|preconnect|dns-prefetch))[^>]*?\bhref={ELSEWHERE}"""
    rf"""|(?:@import|url\()\s*{ELSEWHERE}"""
)


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= README_WORDS


@pytest.mark.parametrize("page", sorted(path.name for path in ROOT.glob("*.md")))
def test_links_of_the_pages_at_the_root_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_what_a_browser_loads_is_found():
    assert LOADED.search('<link href="https://fonts.example/css" rel="stylesheet">')
    assert LOADED.search("<script src=//cdn.example/x.js>")
    assert LOADED.search("@font-face {src: url(https://fonts.example/x.woff2)}")
    assert not LOADED.search('<a href="https://arxiv.org/abs/1406.2661">paper</a> <img src="pictures/digits.png">')


def test_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Usage: sparring train" in (tmp_path / "command-line.html").read_text(encoding="utf-8")
    pages = [path for path in tmp_path.rglob("*") if path.suffix in (".html", ".css", ".svg")]
    assert len(pages) > 40
    for path in pages:
        found = LOADED.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(tmp_path)} loads {found[0]}"
