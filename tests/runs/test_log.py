from __future__ import annotations

from report_samples import tick, write_log
from sparring.runs.log import best_tick, damaged_lines, kept_snapshot, last_event, line_of, read_log, ticks


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
        b"[1, 2]\n\n3\nnull\n\xff\xfe\n" + b"[" * 100_000 + b"\n" + line_of({"event": "tick", "examples": 5})
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


def test_every_flipped_bit_of_a_line_is_found(empty_run):
    line = line_of({"event": "tick", "examples": 5, "note": "ü\x1b"})
    assert read_log_of(empty_run, line) == [{"event": "tick", "examples": 5, "note": "ü\x1b"}]
    for bit in range(8 * (len(line) - 1)):  # without the line break, whose loss makes the line an unfinished one
        flipped = bytearray(line)
        flipped[bit // 8] ^= 1 << bit % 8
        assert read_log_of(empty_run, bytes(flipped)) == []


def test_damaged_lines_are_counted_and_the_best_one_is_not_guessed(empty_run):
    rows = [tick(1), tick(2), tick(3), {"event": "final", "snapshot": 40000}]
    write_log(empty_run, rows)
    lines = (empty_run / "log.jsonl").read_bytes().split(b"\n")
    lines[1] = lines[1].replace(b"40000", b"40001")
    (empty_run / "log.jsonl").write_bytes(b"\n".join(lines))
    assert damaged_lines(empty_run) == [2]
    assert best_tick(read_log(empty_run)) is None
    assert kept_snapshot(read_log(empty_run)) == 40000


def read_log_of(run, content):
    (run / "log.jsonl").write_bytes(content)
    return read_log(run)
