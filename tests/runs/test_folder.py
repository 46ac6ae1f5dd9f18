"""The one reader of a run folder: it raises for what a command needs, and names what a report lacks."""

import json

import pytest

from sparring.errors import UserError
from sparring.runs.folder import Run
from sparring.runs.stored import FORMAT, UnreadablePart


def test_a_file_is_written_with_its_format_and_read_again(empty_run):
    run = Run(empty_run)
    run.write_json("local.json", {"data": "photos"})
    assert json.loads((empty_run / "local.json").read_text())["format"] == FORMAT
    assert run.read_json("local.json") == {"data": "photos"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b'{"a": [', b'{"data": 1}', b"[" * 100_000])
def test_a_damaged_part_raises_or_is_named(run, content):
    (run / "source.json").write_bytes(content)
    with pytest.raises(UnreadablePart, match=r"source\.json is damaged"):
        Run(run).read_json("source.json")
    parts = Run(run).parts()
    assert (parts.source, parts.missing) == ({}, ["source.json cannot be read"])
    assert parts.recipe


def test_a_missing_part_raises_or_is_named(run):
    (run / "source.json").unlink()
    with pytest.raises(UnreadablePart, match=r"has no source\.json; the training was stopped before it began"):
        Run(run).read_json("source.json")
    assert Run(run).parts().missing == ["source.json is not there"]


def test_another_format_is_refused_by_both(run):
    (run / "source.json").write_text(json.dumps({"format": FORMAT + 1}))
    for read in (lambda: Run(run).read_json("source.json"), Run(run).parts):
        with pytest.raises(
            UserError, match=f"has format {FORMAT + 1}; this version of sparring reads format {FORMAT} only"
        ):
            read()


def test_an_evaluation_counts_for_the_kept_snapshot_alone(run):
    for snapshot, known in ((160000, True), (20000, False)):
        Run(run).write_json("evaluation.json", {"snapshot": snapshot, "scores": {}, "left_out": {}})
        assert bool(Run(run).evaluation()) == bool(Run(run).parts().evaluation) == known
    (run / "evaluation.json").write_text("{")
    assert Run(run).evaluation() == {}


def test_samples_are_in_the_order_of_training(run):
    (run / "samples" / "notes.png").write_bytes(b"")
    seen = [images for images, _ in Run(run).samples()]
    assert seen == sorted(seen) and len(seen) == 10


def test_moved_data_is_found_beside_a_moved_run_and_where_it_was_said_to_lie(tmp_path):
    data, run = tmp_path / "project" / "photos", Run(tmp_path / "project" / "runs" / "photos")
    data.mkdir(parents=True)
    run.path.mkdir(parents=True)
    assert run.data_place() is None
    run.remember_data(str(data))
    assert run.data_place() == str(data)
    run.remember_data(None)  # data of a Python program does not make it forget
    (tmp_path / "project").rename(tmp_path / "moved")
    run = Run(tmp_path / "moved" / "runs" / "photos")
    assert run.data_place() == str(tmp_path / "moved" / "photos")
    (tmp_path / "moved" / "photos").rename(tmp_path / "elsewhere")
    assert run.data_place() == str(data)  # the message names the place of old
    run.remember_data(str(tmp_path / "elsewhere"))
    assert run.data_place() == str(tmp_path / "elsewhere")
    run.remember_data("mnist")
    assert run.data_place() == "mnist"
