"""Augmentations from end to end: files in, a verdict, the enlarged data in the form of the input, and pages."""

import contextlib
import csv
import json
import signal
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sparring
from smoke import smoke_settings
from sparring.callbacks.base import Callback
from sparring.cli import main
from sparring.downstream import outcome, picture_judges
from sparring.errors import UserError
from sparring.modalities.opening import open_data
from sparring.modalities.table.export import WRITERS
from sparring.reports.enlargement import sentences


class Notes(Callback):
    """Keeps what is said."""

    def __init__(self):
        self.said, self.shares = [], []

    def note(self, text):
        self.said.append(text)

    def progress(self, share, what):
        self.shares.append((what.partition(":")[0], share))


def table(rows=160, seed=0):
    """Rows whose target follows from two columns; with a name that is no plain word, gaps, and a customer number."""
    rng = np.random.default_rng(seed)
    age, kind = rng.integers(20, 70, rows), rng.integers(0, 3, rows)
    bad = rng.random(rows) < 1 / (1 + np.exp(-(age - 52) / 6 - kind))
    return pd.DataFrame(
        {
            "customer": [f"C-{number:05d}" for number in rng.permutation(90_000)[:rows]],
            "age": pd.array(np.where(rng.random(rows) < 0.1, None, age), dtype="Int64"),
            "kind of flat": np.array(["small", "middle", "large"])[kind],
            "it's late": np.where(bad, "'yes', very", "no"),
        }
    )


@pytest.fixture(scope="module")
def loans(tmp_path_factory):
    path = tmp_path_factory.mktemp("loans") / "loans.csv"
    table().to_csv(path, index=False, sep=";")
    return path


@pytest.fixture(scope="module")
def run(loans, tmp_path_factory):
    settings = {**smoke_settings("table-small", examples=640, tick=320), "players.generator.options.components": 4}
    out = tmp_path_factory.mktemp("run") / "loans"
    return sparring.train(loans, None, out, settings=settings, device="cpu", console=Callback())


@pytest.fixture(scope="module")
def written(loans, run, tmp_path_factory):
    console = Notes()
    out = tmp_path_factory.mktemp("augmented") / "loans"
    options = {"run": run.path, "seeds": 2, "amount": 40, "anyway": True, "device": "cpu"}
    return sparring.augment(loans, out, console=console, **options), console


def test_the_verdict_is_written_with_everything_that_it_rests_on(written):
    found, console = written
    told = json.loads((found.out / "verdict.json").read_text())
    assert found.verdict in ("use", "do not use")
    assert told["verdict"] == found.verdict
    assert told == json.loads(json.dumps(found.found))
    assert len(found.sentences) == 3
    assert told["counts"]["train"] + told["counts"]["validation"] + told["counts"]["test"] == 160
    assert {arm["kind"] for arm in told["arms"]} == {"real", "duplicates", "generated", "filtered"} - set(
        () if any(arm["kind"] == "filtered" for arm in told["arms"]) else ("filtered",)
    )
    for judge in (told["overall"], *told["judges"]):
        assert judge["least"]["low"] <= judge["gain"]["low"]
        assert judge["helps"] == (judge["least"]["low"] > 0)
    assert any("Target: it's late, 2 classes" in note for note in console.said)
    assert any("to learn from" in note and "that the data holds out" in note for note in console.said)
    shares = [share for what, share in console.shares if what == "comparing arms"]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_enlarged_table_is_like_the_one_that_came(written, loans):
    found, _ = written
    assert found.data == found.out / "data" / "data.csv"
    with found.data.open(newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    with loans.open(newline="") as file:
        real = list(csv.reader(file, delimiter=";"))
    assert rows[0] == [*real[0], "synthetic"]
    assert [row[:-1] for row in rows[1:161]] == real[1:]  # every real row as it was
    assert {row[-1] for row in rows[1:161]} == {"no"}
    assert {row[-1] for row in rows[161:]} == {"yes"}
    assert len(rows) - 161 == found.found["added"] == 40
    assert {row[3] for row in rows[161:]} <= {"no", "'yes', very"}
    assert not {row[0] for row in rows[161:]} & {row[0] for row in real}  # new customers
    source = open_data(found.data)
    assert source.count() + source.count("test") == 200
    assert any("synthetic: " in note for note in source.notes)


def test_pages_show_the_arms_and_load_nothing(written):
    found, _ = written
    page, text = (found.out / "report.html").read_text(), (found.out / "README.md").read_text()
    assert 'src="http' not in page
    assert page.count("logistic regression") >= 2
    assert all(part in page for part in ("What the filter did", "The arms", "Test on real"))
    assert "| boosted trees | real" in text
    assert (found.out / "kept.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_call_again_trains_nothing_and_another_one_is_refused(written, loans, run):
    found, _ = written
    fits = {path: path.stat().st_mtime_ns for path in (found.out / "fits").iterdir()}
    options = {"run": run.path, "seeds": 2, "amount": 40, "device": "cpu", "console": Callback()}
    again = sparring.augment(loans, found.out, anyway=True, **options)
    assert again.found == found.found
    assert {path: path.stat().st_mtime_ns for path in (found.out / "fits").iterdir()} == fits
    with pytest.raises(UserError, match="another seeds"):
        sparring.augment(loans, found.out, **{**options, "seeds": 3})


def test_a_dataframe_is_taken_and_a_run_of_other_data_is_named(run, tmp_path):
    console = Notes()
    options = {"run": run, "seeds": 2, "amount": 20, "anyway": True, "device": "cpu", "console": console}
    found = sparring.augment(table(seed=1), tmp_path / "out", target="kind of flat", **options)
    assert pd.read_csv(found.data)["synthetic"].tolist() == ["no"] * 160 + ["yes"] * found.found["added"]
    assert found.found["classes"] == ["large", "middle", "small"]
    assert any("was trained on other data than table" in note for note in console.said)


@pytest.mark.slow
def test_kills_change_nothing(written, loans, run, tmp_path):
    """Killed whenever three more fits are on the disk, until it ends by itself."""
    out, known = tmp_path / "out", 0
    command = [sys.executable, "-m", "sparring", "augment", str(loans), "-o", str(out), "--run", str(run.path)]
    command += ["--seeds", "2", "--amount", "40", "--anyway", "--device", "cpu"]
    kills = 0
    while True:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.returncode is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
            if process.returncode is None and len(list((out / "fits").glob("*.npz"))) >= known + 3:
                process.send_signal(signal.SIGKILL)
                process.wait()
        known = len(list((out / "fits").glob("*.npz")))
        if process.returncode != -signal.SIGKILL:
            break
        kills += 1
    assert process.returncode == 0
    assert kills > 2
    found, _ = written
    for name in ("verdict.json", "README.md", "report.html", "data/data.csv", "kept.png"):
        assert (out / name).read_bytes() == (found.out / name).read_bytes(), name


@pytest.mark.slow
def test_a_generator_is_trained_where_none_is_given_and_a_stop_is_gone_on_from(loans, tmp_path):
    out, stop = tmp_path / "out", threading.Event()
    stop.set()
    options = {"seeds": 2, "amount": 20, "budget": "1s", "device": "cpu", "console": Callback()}
    assert sparring.augment(loans, out, stop=stop, **options) is None
    assert not (out / "verdict.json").exists()
    found = sparring.augment(loans, out, **options)
    assert (out / "generator" / "report.html").is_file()
    assert (out / "verdict.json").is_file()
    assert (found.data is None) == (found.verdict == "do not use")
    learned = json.loads((out / "generator" / "source.json").read_text())["counts"]
    assert learned["train"] == found.found["counts"]["train"]  # and nothing of the test
    assert learned["test"] == found.found["counts"]["validation"]


@pytest.fixture
def bars_folder(tmp_path, bars):
    """The pictures of the small source, in class folders, in colour names that differ by case alone."""
    for number in range(bars.count()):
        value, label = bars.values(np.array([number]))[0, 0], bars.labels(np.array([number]))[0]
        folder = tmp_path / "bars" / f"class {label}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(value).save(folder / f"{number}.png")
    return tmp_path / "bars"


@pytest.mark.slow
def test_pictures_come_back_in_class_folders(bars_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_judges, "LEAST_STEPS", 16)
    monkeypatch.setattr(picture_judges, "LEAST_VIEWS", 60)
    settings = smoke_settings("dcgan-small", examples=64, tick=32)
    run = sparring.train(
        bars_folder, "dcgan-small", tmp_path / "run", settings=settings, device="cpu", console=Callback()
    )
    out, options = tmp_path / "out", {"seeds": 2, "amount": 12, "anyway": True, "device": "cpu", "console": Callback()}
    found = sparring.augment(bars_folder, out, run=run.path, **options)
    assert found.data == out / "data"
    assert found.found["task"] == "classify"
    names = [path.relative_to(found.data).as_posix() for path in sorted(found.data.rglob("*.png"))]
    real = [name for name in names if "/real-" in name]
    made = [name for name in names if "/synthetic-" in name]
    assert len(real) == 120
    assert len(made) == found.found["added"] > 0
    assert len(real) + len(made) == len(names)
    assert all(name.startswith("train/") for name in made)
    assert sum(name.startswith("test/") for name in real) == found.found["counts"]["test"]
    source = open_data(found.data)
    assert source.classes == ("class 0", "class 1", "class 2")
    assert source.count("test") == found.found["counts"]["test"]
    titles = {arm["title"] for arm in found.found["arms"]}
    assert {"real", "real + classic augmentation: shifts, turns, shears and scalings"} <= titles


def test_what_cannot_be_augmented_is_refused_in_one_sentence(tmp_path, loans, run, bars_folder):
    def write(name, frame):
        path = tmp_path / f"{name}.csv"
        frame.to_csv(path, index=False)
        return path

    whole = table()
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in list((bars_folder / "class 0").iterdir())[:20]:
        path.copy(plain / path.name) if hasattr(path, "copy") else (plain / path.name).write_bytes(path.read_bytes())
    for data, options, words in (
        (write("five", whole[:5]), {"target": "it's late"}, "4 different ones are needed"),
        (write("one", whole.assign(same="a")), {"target": "same"}, "holds one class only"),
        (loans, {"target": "age"}, "holds numbers.*age=category"),
        (loans, {"target": "customer"}, "is of type identifier and not learned"),
        (loans, {"target": "it is late"}, "did you mean 'it's late'"),
        (write("numbers", whole[["age"]].assign(b=range(160))), {}, "no column with 2 to 20 categories"),
        (loans, {"task": "classify"}, "does not suit loans"),
        (plain, {}, "no classes to tell apart"),
        (bars_folder, {"target": "age"}, "is for tables"),
        (bars_folder, {"run": run.path}, "makes no pictures of the class 'class 0': it was trained without classes"),
        (loans, {"run": tmp_path}, "is no run folder"),
        (loans, {"amount": "many"}, "auto or a whole number"),
        (loans, {"seeds": 1}, "seeds.*from 2 to 100"),
        (loans, {"budget": "soon"}, "is not a time"),
        ("ring", {}, "holds points"),
        (loans, {"nothing": 1}, "no option 'nothing'"),
        (loans, {"out": tmp_path}, "holds something else"),
    ):
        out = options.pop("out", tmp_path / "out")
        with pytest.raises(UserError, match=words) as raised:
            sparring.augment(data, out, console=Callback(), device="cpu", **options)
        assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_the_command_line_ends_with_0_for_either_verdict(loans, run, tmp_path, capsys, monkeypatch):
    command = ["augment", str(loans), "-o", str(tmp_path / "out"), "--run", str(run.path), "--seeds", "2"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--amount", "20", "--device", "cpu"])
    assert not ended.value.code
    said = capsys.readouterr().out
    assert "do not use" in said or "\nuse: " in said
    monkeypatch.setattr(outcome.Comparison, "helps", True)
    with pytest.raises(SystemExit) as ended:
        main([*command, "--amount", "20", "--device", "cpu"])
    assert not ended.value.code
    assert "\nuse: " in capsys.readouterr().out
    assert (tmp_path / "out" / "data" / "data.csv").is_file()


def judged(low, high, helps=False, least=None):
    gain = {"value": (low + high) / 2, "low": low, "high": high}
    way = {"judge": "boosted trees", "title": "real"}
    overall = {"gain": gain, "least": least or gain, "helps": helps, "with": way, "without": way}
    overall["rival"] = {"judge": "logistic regression", "title": "real + class weights"}
    verdict = "use" if helps else "do not use"
    about = {"score": "balanced accuracy", "counts": {"test": 834}, "seeds": 5, "unit": "rows"}
    return {"verdict": verdict, "overall": overall, **about}


def test_the_sentences_say_what_was_found():
    use = sentences(judged(0.012, 0.05, helps=True))
    assert use[0] == (
        "Use the generated examples: they raise the balanced accuracy by +3.1 points (1.2 to 5.0), with boosted trees "
        "(real)."
    )
    assert use[1].endswith("without a generator: boosted trees (real).")
    assert "834 real rows" in use[2]
    assert "which is harm" in sentences(judged(-0.05, -0.01))[0]
    assert "which may be nothing" in sentences(judged(-0.02, 0.03))[0]
    least = {"value": 0.0, "low": -0.01, "high": 0.01}
    rival = sentences(judged(0.01, 0.03, least=least))[0]
    assert "may do as well, logistic regression (real + class weights), beside" in rival
    assert "+0.0 points (-1.0 to 1.0)" in rival


def test_every_form_of_table_that_comes_is_written_back(run):
    from sparring.modalities.table import SUFFIXES
    from sparring.modalities.table.labelled import UNWRITTEN

    assert {UNWRITTEN.get(suffix, suffix) for suffix in SUFFIXES} <= set(WRITERS)
