"""Every reader of a file takes whatever it is given: it reads it, or refuses it in one sentence, in bounded time.

The corpus is made anew from seeds: `seeds.py` makes valid files, `mutations.py` spoils them, and case N of a reader is
always the same. `SPARRING_FUZZ_CASES=5000` tries more than the slow tests do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import warnings

import numpy as np
import pandas as pd
import pytest

import audio_samples
from fuzz import mutations, seeds
from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, recipe_text
from sparring.data import download
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.evaluation.extractors import cache, classifier
from sparring.inference.generator import load
from sparring.modalities.image import cache as decoded
from sparring.modalities.opening import open_data
from sparring.reports.card import render as render_card
from sparring.reports.html import render
from sparring.runs import stored
from sparring.runs.folder import Run
from sparring.training.checkpoints import Checkpoints

SOUNDS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_24"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", None)}
QUICK, MANY = 3, int(os.environ.get("SPARRING_FUZZ_CASES", "300"))
SECONDS = 60  # in which any of these small files must be read or refused, on a loaded machine too
AMOUNTS = [pytest.param(QUICK, id="quick"), pytest.param(MANY, id="many", marks=pytest.mark.slow)]


@contextlib.contextmanager
def in_bounded_time():
    def late(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(read, what):
    """The value that was read, or None where it was refused. Anything else fails and names the case."""
    try:
        with in_bounded_time(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except UserError as refusal:
        sentence = str(refusal)
        if "\n" in sentence or not sentence.strip():
            pytest.fail(f"{what}: refused in no sentence: {sentence!r}")
        return None
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error


def opened(path, *modalities):
    """What a training would read of the data. modalities: of its recipe; none: any."""
    source = open_data(path, None, OpenContext(modalities=modalities))
    json.dumps(source.describe())
    for split in ("train", "test"):
        indices = np.arange(min(8, source.count(split)))
        values = source.values(indices, split)
        assert len(values) == len(indices) and tuple(values.shape[1:]) == tuple(source.shape)
        if source.classes and len(indices):
            labels = source.labels(indices, split)
            assert labels.min() >= 0 and labels.max() < len(source.classes)
    return source


def content(name, folder):
    file, make = seeds.FILES[name]
    return file, make(folder / "seed.db") if name == "sqlite" else make()


def address(path):
    return f"sqlite:///{path}#rows" if path.suffix == ".db" else path


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("name", seeds.FILES)
def test_files_of_data(name, cases, tmp_path):
    file, data = content(name, tmp_path)
    (tmp_path / file).write_bytes(data)
    kinds = ("series",) if "series" in name else ()
    assert opened(address(tmp_path / file), *kinds) is not None, "the seed itself is read"
    for case in range(cases):
        (tmp_path / file).write_bytes(mutations.mutated(data, random.Random(f"{name} {case}")))
        outcome(lambda: opened(address(tmp_path / file), *kinds), f"{name}, case {case}")


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("name", [*seeds.PICTURES, *SOUNDS, "labels.csv", "cifar"])
def test_files_in_a_folder(name, cases, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    if name == "cifar":
        records = np.random.default_rng(0).integers(0, 10, (6, 3073), dtype=np.uint8)
        spoiled = [folder / f"{part}.bin" for part in ("data_batch_1", "test_batch")]
        for path in spoiled:
            path.write_bytes(records.tobytes())
    elif name == "labels.csv":
        for number, each in enumerate(seeds.pictures()):
            (folder / f"{number}.png").write_bytes(seeds.encoded(each, "PNG"))
        spoiled = [folder / "labels.csv"]
        spoiled[0].write_text(seeds.coco())
    elif name in SOUNDS:
        spoiled = []
        for number, each in enumerate(audio_samples.tones(seeds.COUNT, rate=8000)[0]):
            spoiled.append(folder / f"{number}.{name}")
            spoiled[-1].write_bytes(audio_samples.encoded(each, 8000, *SOUNDS[name]))
    else:
        kind, suffix = seeds.PICTURES[name]
        spoiled = []
        for number, each in enumerate(seeds.pictures()):
            spoiled.append(folder / f"{number}.{suffix}")
            spoiled[-1].write_bytes(seeds.encoded(each, kind))
    whole = {path: path.read_bytes() for path in spoiled}
    assert opened(folder) is not None, "the seed itself is read"
    for case in range(cases):
        rng = random.Random(f"{name} {case}")
        for path in whole:
            path.write_bytes(mutations.mutated(whole[path], rng) if rng.random() < 0.5 else whole[path])
        outcome(lambda: opened(folder), f"{name}, case {case}")


@pytest.mark.parametrize("cases", AMOUNTS)
def test_cells_of_tables(cases, tmp_path):
    """Hostile cells in a valid table: no token may be taken for something that breaks the reader."""
    for case in range(cases):
        rng = random.Random(f"cells {case}")
        frame = seeds.table().astype(object)
        for _ in range(rng.randint(1, 30)):
            frame.iat[rng.randrange(len(frame)), rng.randrange(frame.shape[1])] = rng.choice(mutations.TOKENS)
        if rng.random() < 0.3:
            frame.columns = [rng.choice(mutations.TOKENS) for _ in frame]
        frame.to_csv(tmp_path / "rows.csv", index=False, errors="replace")
        outcome(lambda: opened(tmp_path / "rows.csv"), f"cells, case {case}")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("fuzzed") / "run"
    source = ArraySource(train=40, test=12)
    api.train(source, "mlp", out, settings=smoke_settings("mlp", examples=32, tick=32), console=Callback())
    return Run(out)


@contextlib.contextmanager
def spoiled(path, data):
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)


def log_of(run):
    lines = run.log()
    return [line for line in lines if line["event"] in ("tick", "final")]


READERS = {  # file of a run -> how it is read, to a value that can be compared
    "recipe.yaml": lambda run: [part.model_dump() if hasattr(part, "model_dump") else part for part in run.recipe()],
    "source.json": lambda run: run.read_json("source.json"),
    "codec.json": lambda run: run.read_json("codec.json"),
    "local.json": lambda run: run.read_json("local.json"),
    "checkpoints/description.json": lambda run: stored.read(run.path / "checkpoints" / "description.json"),
    "checkpoints/000000032/state.json": lambda run: Checkpoints(run.path / "checkpoints").load(32).facts,
    "checkpoints/000000032/players.safetensors": lambda run: as_lists(
        Checkpoints(run.path / "checkpoints").load(32).groups["players"]
    ),
    "generator.safetensors": lambda run: as_lists(load(run.path).generator.state_dict()),
    "features.safetensors": lambda run: as_lists(
        classifier.read(ArraySource(train=40, test=12), run.path / "features.safetensors").tensors()
    ),
}


def as_lists(tensors):
    return {name: tensor.tolist() for name, tensor in sorted(tensors.items())}


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("name", READERS)
def test_files_of_a_run_are_read_equal_or_refused(run, name, cases):
    """Where there is a hash, a spoiled file is never read as something else."""
    read, path = READERS[name], run.path / name
    before, data = read(run), path.read_bytes()
    for case in range(cases):
        with spoiled(path, mutations.mutated(data, random.Random(f"{name} {case}"))):
            found = outcome(lambda: read(run), f"{name}, case {case}")
        assert found is None or found == before, f"{name}, case {case} was read as something else"


@pytest.mark.parametrize("cases", AMOUNTS)
def test_lines_of_a_log_are_read_equal_or_left_out(run, cases):
    before, path = run.log(), run.path / "log.jsonl"
    data = path.read_bytes()
    for case in range(cases):
        with spoiled(path, mutations.mutated(data, random.Random(f"log {case}"))):
            found = outcome(run.log, f"log, case {case}")
            outcome(lambda: render(run.parts()), f"report, case {case}") if case % 30 == 0 else None
        assert found is not None and all(line in before for line in found), f"log, case {case}"


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("name", ["recipe.yaml", "source.json", "codec.json", "local.json", "evaluation.json"])
def test_wrong_values_under_a_right_hash(run, name, cases):
    """A file that another program wrote, hash and all: loading and reporting read it or refuse it."""
    path = run.path / name
    if name == "evaluation.json":
        scores = {"frechet_distance": {"value": 1.0, "interval": [0.5, 1.5], "fingerprint": {"real": 12}}}
        run.write_json(name, {"snapshot": 32, "scores": scores, "left_out": {}, "classes": [], "headline": ""})
    whole = stored.read(path)
    for case in range(cases):
        with spoiled(path, path.read_bytes()):
            stored.write(path, mutations.mutated_json(whole, random.Random(f"{name} {case}")))
            outcome(lambda: load(run.path), f"load with {name}, case {case}")
            if case % 20 == 0:  # pages take long
                outcome(lambda: (render(run.parts()), render_card(run.parts())), f"pages with {name}, case {case}")
            outcome(run.data_place, f"place with {name}, case {case}")


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("name", ["mlp", "table", "cyclegan"])
def test_recipes_of_users(name, cases, tmp_path):
    path, text = tmp_path / "mine.yaml", recipe_text(name).encode()
    for case in range(cases):
        path.write_bytes(mutations.mutated(text, random.Random(f"{name} {case}")))
        outcome(lambda: load_recipe(str(path)), f"recipe {name}, case {case}")


@pytest.mark.parametrize("cases", AMOUNTS)
def test_the_cache_of_features(cases, own_cache):
    features = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    cache.store("some", features, None)
    (path,) = cache.files.cache_folder(cache.FOLDER).glob("*.safetensors")
    data = path.read_bytes()
    for case in range(cases):
        path.write_bytes(mutations.mutated(data, random.Random(f"features {case}")))
        found = outcome(lambda: cache.load("some", (5, 4), (5, 0)), f"cached features, case {case}")
        assert found is None or np.array_equal(found[0], features)


@pytest.mark.parametrize("cases", AMOUNTS)
@pytest.mark.parametrize("file", ["values.npy", "facts.json"])
def test_the_cache_of_decoded_pictures(file, cases, own_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(decoded, "MIN_FILES", 5)
    for name, data in seeds.picture_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    before = opened(tmp_path)
    (path,) = decoded.files.cache_folder("decoded").glob(f"*/{file}")
    data, indices = path.read_bytes(), np.arange(before.count("train"))
    for case in range(cases):
        path.write_bytes(mutations.mutated(data, random.Random(f"{file} {case}")))
        found = outcome(lambda: opened(tmp_path), f"decoded pictures, {file}, case {case}")
        assert found.content_hash == before.content_hash and np.array_equal(
            found.values(indices), before.values(indices)
        )


@pytest.mark.parametrize("cases", AMOUNTS)
def test_downloads(cases, tmp_path, caplog):
    path, data = tmp_path / "file", seeds.idx(seeds.pictures((8, 8)))
    checksum = hashlib.sha256(data).hexdigest()
    for case in range(cases):
        path.write_bytes(mutations.mutated(data, random.Random(f"download {case}")))
        same = path.read_bytes() == data
        assert download.intact(path, checksum) == path.exists() == same
        assert same or "it is downloaded again" in caplog.messages[-1]


def test_the_corpus_does_not_depend_on_chance():
    data = seeds.table().to_csv(index=False).encode()
    assert [mutations.mutated(data, random.Random(n)) for n in range(20)] == [
        mutations.mutated(data, random.Random(n)) for n in range(20)
    ]
    assert isinstance(seeds.series(), pd.DataFrame)
