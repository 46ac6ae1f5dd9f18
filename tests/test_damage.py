"""Damage at rest: flipped bytes, half files and edits are found before they are used, and nothing is lost by them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

import damage_trials
import sparring
from smoke import ArraySource, StopAt, fingerprint, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.runs import stored
from sparring.runs.folder import Run
from sparring.training import snapshot
from sparring.training.checkpoints import Checkpoints
from sparring.util.safetensors import from_bytes


class Notes(Callback):
    """Keeps what the user is told."""

    def __init__(self):
        self.told = []

    def note(self, text):
        self.told.append(text)


def train(out, stop_at=None, source=None, **settings):
    stop, console = threading.Event(), Notes()
    callbacks = [StopAt(stop_at, stop)] if stop_at else []
    everything = {**smoke_settings("mlp"), **settings}
    source = source or ArraySource(train=60, test=20)
    api.train(source, "mlp", out, settings=everything, console=console, callbacks=callbacks, stop=stop)
    return console.told


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    run = tmp_path_factory.mktemp("straight") / "run"
    train(run)
    return run


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    run = tmp_path_factory.mktemp("stopped") / "run"
    train(run, stop_at=64)
    return run


@pytest.fixture
def half(stopped, tmp_path):
    """A run that was stopped at 64 of 96 examples; its checkpoints are at 32 and 64."""
    return shutil.copytree(stopped, tmp_path / "run")


def flip(path, at=0.5):
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 4
    path.write_bytes(bytes(data))


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("players.safetensors", flip),
        ("state.json", flip),
        ("optimizers.safetensors", lambda path: path.unlink()),
        ("state.json", cut),
    ],
)
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before_and_says_so(straight, half, caplog, file, damage):
    damage(half / "checkpoints" / "000000064" / file)
    train(half)
    assert fingerprint(half) == fingerprint(straight)
    (record,) = caplog.records
    assert "000000064 is damaged" in record.message and "going on from the one at 32 examples" in record.message


def test_the_log_is_cut_back_to_the_checkpoint_that_is_used(half):
    before = sparring.Run(half).log()
    (half / "checkpoints" / "000000064" / "ema.safetensors").write_bytes(b"")
    train(half, stop_at=1)
    after = sparring.Run(half).log()
    assert after == [line for line in before if line["examples"] <= 32]


def test_without_a_whole_checkpoint_there_is_one_sentence_and_the_snapshot_stays(half):
    for state in (half / "checkpoints").glob("*/state.json"):
        flip(state)
    before = (half / "generator.safetensors").read_bytes()
    with pytest.raises(UserError, match="no checkpoint is whole; put .* back from a copy, or train into another `out`"):
        train(half)
    assert (half / "generator.safetensors").read_bytes() == before


def test_a_file_of_another_checkpoint_does_not_count(half):
    folder = half / "checkpoints"
    shutil.copy(folder / "000000032" / "players.safetensors", folder / "000000064")
    with pytest.raises(UserError, match="is not of this checkpoint"):
        Checkpoints(folder).load(64)


@pytest.mark.parametrize(
    ("name", "damage"), [("generator", flip), ("generator", lambda path: path.unlink()), ("discriminator", cut)]
)
def test_a_damaged_snapshot_is_refused_and_written_back(straight, tmp_path, name, damage):
    run = shutil.copytree(straight, tmp_path / "run")
    damage(run / f"{name}.safetensors")
    if name == "generator":
        with pytest.raises(UserError, match="generator"):
            sparring.load(run)
    train(run)
    assert fingerprint(run) == fingerprint(straight)


def test_wherever_a_recipe_is_cut_it_is_written_back(straight, half):
    """Also where the rest is whole YAML, which must not be taken for somebody's edit."""
    path = half / "recipe.yaml"
    whole = path.read_bytes()
    starts = [place + 1 for place in range(len(whole)) if whole[place : place + 1] == b"\n"]
    tops = [start for start in starts if whole[start : start + 1].isalpha()]  # of top-level keys: there YAML may end
    for end in tops[:: len(tops) // 10]:
        path.write_bytes(whole[:end])
        assert Run(half).write_back() == ["recipe.yaml"]
        assert path.read_bytes() == whole


@pytest.mark.parametrize("file", ["recipe.yaml", "source.json", "codec.json", "local.json", "features.safetensors"])
def test_a_damaged_part_of_a_run_is_written_back(straight, half, file, caplog):
    before = (half / file).read_bytes()
    cut(half / file)
    told = train(half)
    assert fingerprint(half) == fingerprint(straight)
    assert (half / file).read_bytes() == before
    assert file == "local.json" or any(file in sentence for sentence in [*told, *caplog.messages])


def test_a_lost_recipe_is_written_back(straight, half):
    (half / "recipe.yaml").unlink()
    assert "recipe.yaml was damaged or missing" in train(half)[1]
    assert fingerprint(half) == fingerprint(straight)


def test_an_edited_recipe_is_refused_with_what_was_changed(half):
    text = (half / "recipe.yaml").read_text()
    (half / "recipe.yaml").write_text(text.replace("batch: 16", "batch: 8"))
    with pytest.raises(UserError, match=r"recipe\.yaml was edited \(.*batch 16 -> 8.*undo that"):
        train(half)
    with pytest.raises(UserError, match="is damaged or was edited"):
        sparring.load(half)
    (half / "recipe.yaml").write_text("# a comment and another order change nothing\n" + text)
    assert "is damaged" not in " ".join(train(half))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("planned_seconds", "soon"),
        ("planned_seconds", float("nan")),
        ("planned_seconds", -1),
        ("planned_seconds", 1e300),
        ("reasons", ["junk"]),
        ("reasons", {"batch": {"a": 1}}),
        ("asked", None),
        ("data", {"asked": {}}),
        ("versions", {"torch": []}),
    ],
)
def test_a_recipe_of_wrong_values_is_refused_at_once(half, key, value):
    values = stored.read(half / "recipe.yaml")
    stored.write(half / "recipe.yaml", {**values, key: value})
    with pytest.raises(UserError, match=rf"recipe\.yaml does not hold what it must \({key}"):
        sparring.Run(half).recipe()


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("source.json", "shape", [1, "8", 8]),
        ("source.json", "shape", [1, -8, 8]),
        ("source.json", "shape", []),
        ("source.json", "classes", None),
        ("source.json", "labels", {"a": -1}),
        ("source.json", "labels", {"a": 1e400}),
        ("source.json", "content_hash", 7),
        ("codec.json", "modality", None),
        ("local.json", "data", 5),
    ],
)
def test_parts_of_wrong_values_are_refused_at_once(half, name, key, value):
    stored.write(half / name, {**stored.read(half / name), key: value})
    with pytest.raises(UserError, match=f"{name} does not hold what it must \\({key}"):
        sparring.Run(half).read_json(name)


@pytest.mark.parametrize("name", ["source.json", "codec.json", "local.json"])
def test_parts_without_a_key_are_refused_at_once(half, name):
    values = stored.read(half / name)
    for key in [key for key, field in stored.MODELS[name].model_fields.items() if field.is_required()]:
        stored.write(half / name, {each: value for each, value in values.items() if each != key})
        with pytest.raises(UserError, match=f"{name} does not hold what it must \\({key}: field required"):
            sparring.Run(half).read_json(name)


def test_a_generator_whose_weights_are_not_finite_is_refused(straight, tmp_path):
    run = shutil.copytree(straight, tmp_path / "run")
    path = run / "generator.safetensors"
    tensors = from_bytes(path.read_bytes(), path)
    for value in (float("nan"), float("inf")):
        first = next(iter(tensors))
        tensors[first] = torch.full_like(tensors[first], value)
        snapshot.write(run, "generator", tensors, 96)
        with pytest.raises(UserError, match="not finite"):
            sparring.load(run)
        with pytest.raises(UserError, match="not finite"):
            api.train(ArraySource(), None, tmp_path / "tuned", init_from=run, console=Notes())


def test_a_damaged_line_of_the_log_is_said(half, caplog):
    flip(half / "log.jsonl", at=0.1)
    train(half)
    assert any("log.jsonl is damaged in line 1" in message for message in caplog.messages)
    assert any("1 damaged lines of log.jsonl" in part for part in sparring.Run(half).parts().missing)


def test_going_back_from_a_damaged_best_snapshot_takes_another_checkpoint(tmp_path, caplog):
    """A flipped byte in the best checkpoint must not be loaded by a training that goes back to it."""
    from smoke import trainer

    built = trainer(ArraySource(), "mlp", tmp_path)
    for number in (16, 32, 48):
        built.step()
        built.best = {"examples": 16, "selection": 1.0}
        built.save()
        assert built.examples == number
    flip(tmp_path / "checkpoints" / "000000016" / "players.safetensors")
    built.roll_back(built._back_to)
    assert built.examples == 48
    assert "000000016 is damaged" in caplog.text


def test_checkpoints_after_a_return_are_removed(tmp_path):
    from smoke import trainer

    built = trainer(ArraySource(), "mlp", tmp_path)
    for _ in range(3):
        built.step()
        built.save()
    state = built.checkpoints.load(32)
    built.checkpoints.save(32, state, keep={48})
    assert built.checkpoints.numbers() == [32]


@pytest.mark.parametrize("where", ["", "samples", "checkpoints"])
def test_leftovers_of_kills_are_swept_at_the_next_start(half, where):
    for name in (".a.tmp", ".generator.safetensors.99.tmp", ".b.0badc0de-7.tmp"):
        (half / where / name).write_text("half")
    (half / where / ".000000096.0badc0de-7.tmp").mkdir()
    train(half)
    assert not list((half / where).glob(".*.tmp"))


def test_a_refused_resume_leaves_the_report_and_everything_else(straight, tmp_path):
    run = shutil.copytree(straight, tmp_path / "run")
    for state in (run / "checkpoints").glob("*/state.json"):
        flip(state)
    files = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != "recipe.yaml"}
    longer = {key: value for key, value in smoke_settings("mlp").items() if key != "examples"}
    with pytest.raises(UserError, match="no checkpoint is whole"):
        api.train(ArraySource(train=60, test=20), "mlp", run, settings=longer, examples=192, console=Notes())
    assert {path: path.read_bytes() for path in files} == files


def test_the_report_of_a_shorter_training_stays_until_the_new_one_is_written(straight, tmp_path):
    run, stop = shutil.copytree(straight, tmp_path / "run"), threading.Event()
    old = (run / "report.html").read_bytes()
    longer = {key: value for key, value in smoke_settings("mlp").items() if key != "examples"}
    arguments = {"settings": longer, "examples": 192, "console": Notes()}
    data = ArraySource(train=60, test=20)
    api.train(data, "mlp", run, callbacks=[StopAt(150, stop)], stop=stop, **arguments)
    assert (run / "report.html").read_bytes() == old
    api.train(data, "mlp", run, **arguments)
    assert (run / "report.html").read_bytes() != old


def test_a_folder_of_others_is_not_written_into(tmp_path):
    (tmp_path / "recipe.yaml").write_text("package: {name: somebody's}\n")
    (tmp_path / ".theirs.tmp").write_text("")
    with pytest.raises(UserError, match=r"source\.json"):
        train(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", ".theirs.tmp", "recipe.yaml"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt"):
        train(other)
    assert [path.name for path in other.iterdir()] == ["notes.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_any_flipped_byte_of_a_run_ends_in_the_same_result_or_one_sentence(straight, half, seed):
    rng = random.Random(seed)
    files = (path for path in half.rglob("*") if path.is_file() and path.stat().st_size and path.suffix != ".png")
    path = rng.choice(sorted(files))
    flip(path, rng.random())
    try:
        train(half)
    except UserError:
        return
    assert fingerprint(half) == fingerprint(straight) or path.name == "log.jsonl"


@pytest.mark.slow
def test_kills_and_flipped_bytes_over_eight_recipes():
    script = Path(damage_trials.__file__)
    path = os.pathsep.join([str(script.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, script, "--kills", "16", "--flips", "32", "--seed", "1"],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
