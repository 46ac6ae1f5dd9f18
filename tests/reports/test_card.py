from __future__ import annotations

import yaml

from report_samples import recipe, source, write_part
from sparring.reports.card import escaped, without_folders, write_card


def test_the_card_has_front_matter_use_data_scores_and_limits(run):
    card = write_card(run)
    assert card.name == "README.md"
    _, front, body = card.read_text(encoding="utf-8").split("---\n", 2)
    meta = yaml.safe_load(front)
    assert meta["library_name"] == "sparring"
    assert meta["license"] == "other"
    assert meta["tags"] == ["gan", "image-generation", "dcgan"]
    assert "sparring generate RUN -n 64 -o out/" in body
    assert 'sparring.load("RUN")' in body
    assert "1,437 train, 180 validation, 180 test" in body
    assert "| requested label recognised | 0.97 | classifier sparring-digits, samples 1000 |" in body
    assert "## Limits" in body


def test_the_same_run_gives_the_same_card(run):
    first = write_card(run).read_bytes()
    assert write_card(run).read_bytes() == first


def test_an_empty_run_has_a_card(empty_run):
    text = write_card(empty_run).read_text(encoding="utf-8")
    assert "recipe.yaml is not there" in text
    assert "None was measured." in text


def test_hostile_names_stay_text(run):
    evil = "<script>alert(1)</script> | [a](http://x) `b`\n# heading"
    write_part(run, "source.json", {**source(), "name": evil, "classes": [evil], "notes": [evil]})
    write_part(run, "recipe.yaml", {**recipe(), "name": evil, "command": evil, "reasons": {"batch": evil}})
    text = write_card(run).read_text(encoding="utf-8").split("---\n", 2)[2]
    assert "<script" not in text
    assert "\n# heading" not in text
    assert "[a](" not in text
    assert yaml.safe_load(write_card(run).read_text(encoding="utf-8").split("---\n", 2)[1])["tags"][2] == evil


def test_escaping():
    assert escaped("a|b_c <i> *d*\ne") == "a\\|b\\_c &lt;i&gt; \\*d\\* e"


def test_the_command_names_no_folder_of_this_machine():
    assert without_folders("sparring train /home/me/my-photos/ --out=/tmp/runs/a --init-from ~/x/b --budget 60s") == (
        "sparring train my-photos --out=a --init-from b --budget 60s"
    )
    assert without_folders(r"sparring train 'C:\Users\me\photos'") == "sparring train photos"
    assert without_folders("sparring train digits --set batch=64") == "sparring train digits --set batch=64"
    assert without_folders("sparring train 'half") == ""
