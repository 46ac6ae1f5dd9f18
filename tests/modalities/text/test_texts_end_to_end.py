"""A run of texts from the command line's verbs: what is written, shown, measured and refused."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import sparring
import text_samples
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.cli import app
from sparring.errors import UserError
from sparring.evaluation.run import evaluate
from sparring.evaluation.temperatures import KEPT, REAL, START, TEMPERATURES
from sparring.inference.generate import generate_files
from sparring.inference.interpolate import interpolate_file
from sparring.metrics.temperature_curve import gain_over
from sparring.metrics.text_copies import distinct
from sparring.modalities.base import Steering
from sparring.modalities.text.write import SUFFIXES
from sparring.reports.html import write_report
from sparring.runs.log import read_log
from sparring.util.safetensors import from_bytes


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "moods.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("text", "mood"), *zip(*text_samples.sentences(90), strict=True)])
    return path


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts") / "run"
    return api.train(data, None, folder, settings=smoke_settings("text"), device="cpu", console=Callback()).path


def test_text_is_the_recipe_of_texts_and_its_codec_is_readable(run):
    assert "name: text" in (run / "recipe.yaml").read_text()
    codec = json.loads((run / "codec.json").read_text())
    assert codec["modality"] == "text" and "e" in codec["alphabet"] and codec["passages"] is False


def test_texts_are_written_as_lines_rows_and_objects(run, tmp_path):
    gan = sparring.load(run)
    texts, numbers = gan.generate(9, seed=4), gan.labels(range(9), 4)
    labels = [gan.classes[number] for number in numbers]
    (plain,) = generate_files(run, tmp_path / "a.txt", 9, seed=4)
    assert plain.read_text() == "\n".join(texts) + "\n"
    (table,) = generate_files(run, tmp_path / "a.csv", 9, seed=4)
    rows = list(csv.reader(io.StringIO(table.read_text(), newline="")))
    assert rows[0] == ["text", "label"] and [row[1] for row in rows[1:]] == labels
    (objects,) = generate_files(run, tmp_path / "a.jsonl", 9, seed=4)
    expected = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    assert [json.loads(line) for line in objects.read_text().splitlines()] == expected
    paths = generate_files(run, tmp_path / "new", 3, seed=4)
    assert [path.read_text() for path in paths[:3]] == texts[:3] and paths[3].name == "labels.csv"
    (packed,) = generate_files(run, tmp_path / "a.zip", 3, seed=4)
    assert zipfile.ZipFile(packed).read("000001.txt").decode() == texts[1]
    assert gan.modality.formats == SUFFIXES
    with pytest.raises(UserError, match="cannot be written as .docx"):
        generate_files(run, tmp_path / "a.docx", 1)
    told = []
    generate_files(run, tmp_path / "a.png", 3, note=told.append)
    assert "picture of the texts" in told[0]


def test_files_do_not_depend_on_how_many_are_made_at_once(run, tmp_path):
    options = {"seed": 7, "temperature": 0.8, "prompt": "the ", "length": 30}
    (all_at_once,) = generate_files(run, tmp_path / "a.jsonl", 130, **options)
    (few,) = generate_files(run, tmp_path / "b.jsonl", 130, batch_size=1, **options)
    assert all_at_once.read_bytes() == few.read_bytes()
    values = sparring.load(run).values(130, **options)
    np.testing.assert_array_equal(values[128:], sparring.load(run).at([128, 129], **options))


def test_a_temperature_of_one_changes_nothing_and_a_low_one_repeats(run):
    gan = sparring.load(run)
    assert gan.generate(9, seed=1, temperature=1.0) == gan.generate(9, seed=1)
    cold, usual = (gan.generate(64, label="praise", temperature=each) for each in (0.05, 1.0))
    assert distinct(cold, 2) < 0.5 * distinct(usual, 2)  # pairs of characters


def test_what_cannot_be_is_refused_in_one_sentence(run, tmp_path):
    gan = sparring.load(run)
    for options, said in (
        ({"temperature": 0.0}, "between 0.05 and 5"),
        ({"prompt": "x" * 500}, "shorten it"),
        ({"prompt": "long", "length": 3}, "leaves no room"),
        ({"where": "a > 1"}, "conditions are for tables"),
        ({"label": "nix"}, "no class 'nix'"),
    ):
        with pytest.raises(UserError, match=said):
            gan.generate(2, **options)
    with pytest.raises(UserError, match="walk through latent space"):
        interpolate_file(run, tmp_path / "walk.png")
    with pytest.raises(UserError, match="leaves nothing to truncate"):
        gan.generate(2, truncation=0.5)


def test_other_models_refuse_a_temperature(tmp_path):
    with pytest.raises(UserError, match="are for texts, and this model was trained on points"):
        sparring.modalities.get("points").steer(None, [0], 0, None, Steering(temperature=0.5))


def test_the_scores_of_texts_stand_beside_those_of_real_ones(run, data):
    found = evaluate(run, data, samples=40, console=Callback())
    scores = found.scores
    assert scores["nats_a_character"].value > 0 and scores["nats_a_character"].trivial > 0
    assert 0.5 < scores["text_detection"].value <= 1 and abs(scores["text_detection"].real - 0.5) < 0.5
    assert scores["copied_texts"].real is not None and scores["repeated_texts"].real is not None
    assert {"bleu_4", "self_bleu_4", "distinct_2", "copied_span", "long_copies", "label_agreement"} <= set(scores)
    assert scores["bleu_2"].real > scores["bleu_2"].value and scores["self_bleu_2"].real > 0
    assert scores["reverse_nats"].real < scores["reverse_nats"].value
    points = found.temperatures
    assert [point.temperature for point in points if point.model == KEPT] == list(TEMPERATURES)
    of_real = next(point for point in points if point.model == REAL)
    assert all(of_real.quality > point.quality for point in points if point is not of_real)
    page = write_report(run).read_text()
    assert "What a temperature gives" in page and "the kept model" in page
    assert "<pre>" in page and "Nearest training examples" in page
    shown = sorted((run / "samples").glob("*.txt"))[-1].read_text().splitlines()[0]
    assert shown.strip()[:20] in page


def test_the_game_is_held_against_the_temperatures_of_the_model_from_before_it(data, tmp_path):
    settings = smoke_settings("text")
    settings |= {"examples": 4 * settings["batch"], "tick": settings["batch"], "algorithm.pretrain_fraction": 0.5}
    settings |= {"select": "latest", "algorithm.adversarial_interval": 1}
    run = api.train(data, None, tmp_path / "run", settings=settings, device="cpu", console=Callback()).path
    start, kept = run / "pretrained.safetensors", run / "generator.safetensors"
    tensors = [from_bytes(path.read_bytes(), path) for path in (start, kept)]
    assert tensors[0].keys() == tensors[1].keys()
    assert any(not torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    found = evaluate(run, data, metrics=["temperatures"], samples=30, console=Callback())
    assert {point.model for point in found.temperatures} == {START, KEPT, REAL}
    gain = found.scores["game_gain"]
    mine = [point for point in found.temperatures if point.model == START]
    at_one = next(point for point in found.temperatures if point.model == KEPT and point.temperature == 1)
    assert gain.value == gain_over(mine, at_one).value and gain.low <= gain.value <= gain.high
    assert "from before the game" in write_report(run).read_text()
    start.write_bytes(b"damaged")
    with pytest.raises(UserError, match="pretrained.safetensors"):
        evaluate(run, data, metrics=["temperatures"], samples=30, console=Callback())


def test_the_likelihood_of_the_log_is_that_of_the_evaluation(run, data):
    final = read_log(run)[-1]["scores"]["nats_a_character"]["value"]
    again = evaluate(run, data, metrics=["likelihood"], samples=20, console=Callback()).scores["nats_a_character"].value
    assert again == pytest.approx(final, rel=1e-5)


def test_samples_in_files_are_evaluated_like_a_run(run, data, tmp_path):
    (path,) = generate_files(run, tmp_path / "new.csv", 40, seed=4)
    found = evaluate(path, data, recipe="text", samples=30, metrics=["text-detection", "copies"], console=Callback())
    assert found.scores["text_detection"].value > 0.5


def test_the_command_line_trains_generates_and_says_what_it_opened(data, tmp_path):
    command = CliRunner()
    settings = [f"--set={key}={value}" for key, value in smoke_settings("text").items()]
    out = command.invoke(app, ["train", str(data), "--out", str(tmp_path / "run"), "--device", "cpu", *settings])
    assert out.exit_code == 0, out.output
    assert "Texts are those of the column 'text'" in out.output
    asked = ["-n", "3", "--prompt", "the ", "--temperature", "0.7", "-o", str(tmp_path / "a.txt")]
    out = command.invoke(app, ["generate", str(tmp_path / "run"), *asked])
    assert out.exit_code == 0, out.output
    assert all(line.startswith("the ") for line in (tmp_path / "a.txt").read_text().splitlines())


def test_passages_go_on_beyond_what_was_learned_at_once(tmp_path):
    path = tmp_path / "play.txt"
    path.write_text(
        "\n\n".join(f"SPEAKER {number}:\n{text}." for number, text in enumerate(text_samples.sentences(80)[0]))
    )
    settings = smoke_settings("text")
    run = api.train(
        path, None, tmp_path / "run", settings=settings, characters=40, device="cpu", console=Callback()
    ).path
    long = sparring.load(run).generate(5, seed=1, length=120)
    assert all(len(text) == 120 for text in long)
    assert max(len(text) for text in sparring.load(run).generate(5, seed=1)) <= 40
    (plain,) = generate_files(run, tmp_path / "a.txt", 5, seed=1, length=120, note=(told := []).append)
    assert "parts texts of several lines by empty lines" in told[0] and plain.read_text() == "\n\n".join(long) + "\n"
    assert (
        evaluate(run, path, samples=20, metrics=["likelihood"], console=Callback()).scores["nats_a_character"].value > 0
    )
