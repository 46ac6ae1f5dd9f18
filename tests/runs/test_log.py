from __future__ import annotations

from report_samples import tick, write_log
from sparring.runs.log import best_tick, kept_snapshot, last_event, read_log, ticks


def test_a_missing_log_is_empty(empty_run):
    assert read_log(empty_run) == []


def test_an_unfinished_last_line_is_left_out(run):
    whole = read_log(run)
    with open(run / "log.jsonl", "ab") as file:
        file.write('{"event": "tick", "examples": 22, "note": "ä'.encode()[:-1])
    assert read_log(run) == whole
    assert len(whole) == 11


def test_lines_that_are_no_objects_are_left_out(empty_run):
    (empty_run / "log.jsonl").write_bytes(
        b"[1, 2]\n\n3\nnull\n\xff\xfe\n" + b"[" * 100_000 + b'\n{"event": "tick", "examples": 5}\n'
    )
    assert read_log(empty_run) == [{"event": "tick", "examples": 5}]


def test_ticks_without_a_number_of_examples_are_left_out():
    assert ticks([{"event": "tick"}, {"event": "tick", "examples": None}, {"event": "tick", "examples": 3}]) == [
        {"event": "tick", "examples": 3}
    ]


def test_the_kept_snapshot_is_the_final_lines_else_the_last_best_else_the_lowest_selection(empty_run):
    rows = [tick(1, selection=1.0), tick(2, selection=5.0), tick(3, best=False)]
    assert kept_snapshot([*rows, {"event": "final", "snapshot": 60000}]) == 60000
    assert kept_snapshot(rows) == 40000
    unmarked = [{**row, "best": None} for row in rows]
    assert best_tick(unmarked) is unmarked[0]
    assert best_tick([tick(1, best=None, selection=float("nan")), tick(2, best=None, selection=None)]) is None


def test_nan_in_the_log_is_read(empty_run):
    write_log(empty_run, [tick(1, selection=float("nan"))])
    assert best_tick(read_log(empty_run))["examples"] == 20000


def test_an_ending_followed_by_more_training_does_not_count():
    log = [tick(1), {"event": "final", "examples": 20000, "snapshot": 20000}]
    assert last_event(log, "final") is log[1]
    assert last_event([*log, tick(2)], "final") is None
    assert kept_snapshot([*log, tick(2)]) == 40000
    assert last_event([tick(1), {"event": "diverged"}, log[1]], "diverged") == {"event": "diverged"}
