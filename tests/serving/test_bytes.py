"""A service answers with the bytes that the command line writes, for every kind of data, alone and beside others."""

import io
import json
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from audio_samples import encoded, tones
from service_samples import KINDS, command_line, service, trained
from sparring.inference.explore import latent_directions, principal_directions
from sparring.inference.explore import moved as explored
from sparring.inference.generator import load
from sparring.networks import sampling
from sparring.serving.limits import Limits
from sparring.serving.model_thread import Job
from sparring.serving.served_run import JACOBIAN_SAMPLES, passes_can_be_shared

GENERATED = {
    "pictures": [
        {"seed": 7, "format": ".png"},
        {"count": 3, "seed": 7, "label": "class 1", "format": ".zip"},
        {"count": 20, "truncation": 0.5, "format": ".npz"},
        {"count": 5, "format": ".jpg"},
    ],
    "styles": [{"seed": 3, "truncation": 0.5, "format": ".png"}, {"count": 2, "format": ".tif"}],
    "table": [
        {"count": 600, "seed": 1, "format": ".csv"},
        {"count": 9, "where": "kind = 'high' and age < 40", "format": ".jsonl"},
        {"count": 4, "first": 7, "format": ".csv.gz"},
    ],
    "series": [{"count": 3, "seed": 2, "format": ".csv"}, {"count": 2, "format": ".npz"}],
    "points": [{"count": 50, "seed": 5, "format": ".csv"}, {"count": 5, "format": ".npy"}],
    "sounds": [{"count": 2, "seed": 4, "format": ".wav"}, {"count": 3, "label": "high", "format": ".zip"}],
    "texts": [
        {"count": 3, "seed": 4, "format": ".txt"},
        {"count": 3, "label": "praise", "format": ".csv"},
        {"count": 3, "prompt": "the ", "temperature": 0.7, "length": 20, "candidates": 3, "format": ".jsonl"},
    ],
    "films": [{"seed": 3, "format": ".webp"}, {"count": 2, "label": "down", "format": ".zip"}],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def run(kind):
        if kind not in made:
            made[kind] = trained(kind, folder)
        return made[kind]

    return run


def written(run, folder, asked):
    """The file that the command line writes for this request."""
    out = folder / f"samples{asked['format']}"
    options = [
        part for name, value in asked.items() if name not in ("format", "count") for part in (f"--{name}", value)
    ]
    command_line("generate", run, "-n", asked.get("count", 1), *options, "-o", out)
    return out.read_bytes()


@pytest.mark.parametrize("kind", GENERATED)
def test_generate_gives_the_bytes_of_the_command_line(kind, runs, tmp_path):
    run = runs(kind)
    with service(run) as client:
        for number, asked in enumerate(GENERATED[kind]):
            (folder := tmp_path / str(number)).mkdir()
            by_query, by_body = client.get("/v1/generate", params=asked), client.post("/v1/generate", json=asked)
            assert by_query.status_code == by_body.status_code == 200, by_query.text
            assert by_query.content == by_body.content == written(run, folder, asked), asked


def test_what_a_file_does_not_hold_is_noted(runs):
    with service(runs("sounds")) as client:
        answer = client.get("/v1/generate", params={"count": 2})
    assert answer.headers["content-type"] == "audio/wav"
    assert "one after another" in json.loads(answer.headers["sparring-notes"])[0]


def test_texts_are_asked_for_within_limits(runs):
    with service(runs("texts"), Limits(samples=20)) as client:
        for asked, said in (
            ({"count": 5, "candidates": 5}, "25 samples and candidates are more than 20"),
            ({"prompt": "x" * 10_001}, "prompt"),
            ({"prompt": "x" * 500}, "shorten it"),
            ({"length": 200_000}, "is more than 100,000 characters"),
            ({"temperature": 0}, "temperature"),
            ({"temperature": 50}, "between 0.05 and 5"),
            ({"format": ".docx"}, ".jsonl"),
        ):
            answer = client.get("/v1/generate", params=asked)
            assert answer.status_code == 422 and said in answer.json()["error"], (asked, answer.text)
        spelled = client.get("/v1/generate", params={"prompt": "the ", "format": ".txt"}).text
    assert spelled.startswith("the ")


def test_every_kind_of_data_is_tried():
    from sparring import modalities
    from sparring.config.reading import load_recipe

    tried = {modality for kind in GENERATED for modality in load_recipe(KINDS[kind][1]).modalities}
    assert {name for name in modalities.names() if modalities.get(name).formats} <= tried


@pytest.mark.parametrize("kind", ["pictures", "sounds", "table"])
def test_requests_that_share_a_forward_pass_get_the_same_bytes(kind, runs, tmp_path):
    """Ten requests wait while the model is held up, so that they go together; one of them cannot be answered."""
    run, usual = runs(kind), GENERATED[kind][0]["format"]
    with service(run) as client:
        thread, held = client.app.state.thread, threading.Event()
        shares = client.get("/v1/info").json()["shares_passes"]
        alone = {seed: client.get("/v1/generate", params={"seed": seed, "format": usual}) for seed in range(9)}
        passes = []
        thread._on_pass = passes.append
        answers = {}

        def ask(seed):
            label = {"label": "no such class"} if seed == 9 else {}
            answers[seed] = client.get("/v1/generate", params={"seed": seed, "format": usual, **label})

        thread.submit(Job(lambda _: held.wait()))
        asking = [threading.Thread(target=ask, args=[seed]) for seed in range(10)]
        for each in asking:
            each.start()
        while thread.waiting < 10:
            held.wait(0.01)
        held.set()
        for each in asking:
            each.join()
    assert {seed: answers[seed].content for seed in range(9)} == {seed: each.content for seed, each in alone.items()}
    assert answers[9].status_code == 422
    assert not shares or max(passes) == 9
    (folder := tmp_path / "three").mkdir()
    assert answers[3].content == written(run, folder, {"seed": 3, "format": usual})


@pytest.mark.parametrize("kind", ["pictures", "styles"])
def test_move_goes_along_the_principal_directions(kind, runs):
    run, gan = runs(kind), load(runs(kind))
    with service(run) as client:
        asked = {"seed": 5, "label": "class 1"}
        still, moved = (client.get("/v1/move", params={**asked, "along": along}) for along in ("", "0,-1.5"))
        assert still.status_code == moved.status_code == 200, moved.text
        assert client.get("/v1/move", params={**asked, "along": "1,2,3,4,5,6,7,8,9"}).status_code == 422
    if kind == "styles":
        directions, deviations = principal_directions(gan, 8)
    else:
        directions, deviations = latent_directions(gan, 8, JACOBIAN_SAMPLES)
        assert np.array_equal(opened(still.content), gan.at([0], **asked)[0])
    move = -1.5 * (directions.float() * deviations.float()[:, None])[1:2]
    for answer, expected in ((still, 0 * move), (moved, move)):
        assert np.array_equal(opened(answer.content), explored(gan, expected, 5, "class 1")[0])
    assert still.content != moved.content


def opened(png):
    """C x H x W."""
    values = np.asarray(Image.open(io.BytesIO(png)))
    return values[None] if values.ndim == 2 else np.moveaxis(values, 2, 0)


@pytest.mark.parametrize(("kind", "options"), [("pictures", []), ("styles", ["--method", "style"])])
def test_interpolate_gives_the_bytes_of_the_command_line(kind, options, runs, tmp_path):
    run = runs(kind)
    asked = {"keyframes": 3, "frames": 2, "seed": 1} | dict(zip(["method"], options[1:], strict=False))
    for suffix in (".png", ".gif"):
        out = tmp_path / f"walk{suffix}"
        command_line("interpolate", run, "--keyframes", 3, "--frames", 2, "--seed", 1, *options, "-o", out)
        with service(run) as client:
            answer = client.get("/v1/interpolate", params={**asked, "format": suffix})
        assert answer.content == out.read_bytes()


def png(shape=(12, 16, 3), seed=0):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8).squeeze()).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["pictures", "sounds"])
def test_invert_gives_the_bytes_of_the_command_line(kind, runs, tmp_path):
    run = runs(kind)
    upload = png((8, 8, 1)) if kind == "pictures" else encoded(tones(1)[0][0])
    (tmp_path / "mine").write_bytes(upload)
    command_line("invert", run, tmp_path / "mine", "--steps", 6, "-o", tmp_path / "found.png")
    with service(run) as client:
        for suffix in (".png", ".safetensors"):
            answer = client.post("/v1/invert", params={"steps": 6, "format": suffix}, content=upload)
            assert answer.content == (tmp_path / f"found{suffix}").read_bytes()
    assert "PSNR" in json.loads(answer.headers["sparring-notes"])[0]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("pairs", []), ("pairs", ["--ensemble"]), pytest.param("both ways", ["--reverse"], marks=pytest.mark.slow)],
)
def test_apply_gives_the_bytes_of_the_command_line(kind, options, runs, tmp_path):
    run, upload = runs(kind), png((17, 23, 3))
    (tmp_path / "input.png").write_bytes(upload)
    command_line("apply", run, tmp_path / "input.png", *options, "-o", tmp_path / "results", "--device", "cpu")
    command_line("apply", run, tmp_path / "input.png", *options, "-o", tmp_path / "result.webp", "--device", "cpu")
    asked = {option.removeprefix("--"): True for option in options}
    with service(run) as client:
        usual = client.post("/v1/apply", params=asked, content=upload)
        other = client.post("/v1/apply", params={**asked, "format": ".webp"}, content=upload)
    assert usual.content == (tmp_path / "results" / "input.png").read_bytes()
    assert other.content == (tmp_path / "result.webp").read_bytes()
    assert usual.headers["content-type"] == "image/png"


@pytest.mark.slow
def test_a_run_that_classifies_applies_and_generates(runs, tmp_path):
    run, upload = runs("classifier"), png((8, 8, 1))
    (tmp_path / "input.png").write_bytes(upload)
    command_line("apply", run, tmp_path / "input.png", "-o", tmp_path / "labels.csv")
    with service(run) as client:
        assert client.post("/v1/apply", content=upload).content == (tmp_path / "labels.csv").read_bytes()
        assert client.get("/v1/generate").status_code == 200


@pytest.mark.slow
def test_evaluate_measures_in_a_process_of_its_own(tmp_path):
    command_line(
        "train",
        "digits",
        "--recipe",
        "mlp-small",
        "--examples",
        200,
        "--set",
        "final_samples=20",
        "--out",
        tmp_path / "run",
    )
    with service(tmp_path / "run") as client:
        before = client.get("/v1/evaluate")
        measured = client.post("/v1/evaluate", json={"metrics": "fid", "samples": 100})
        after = client.get("/v1/evaluate")
        wrong = client.post("/v1/evaluate", json={"metrics": "no_such_metric"})
    assert before.status_code == 404 and "POST" in before.json()["error"]
    assert measured.status_code == 200, measured.text
    printed = command_line(
        "evaluate", tmp_path / "run", "--json", "--metrics", "fid", "--samples", 100, "--device", "cpu"
    )
    assert json.loads(measured.content)["scores"] == json.loads(printed)["scores"]
    assert after.json()["scores"] and after.status_code == 200
    assert wrong.status_code == 422 and "no_such_metric" in wrong.json()["error"]


@pytest.mark.parametrize("kind", ["pictures", "styles"])
def test_a_pass_is_shared_only_where_neighbours_change_nothing(kind, runs):
    gan = load(runs(kind))
    assert passes_can_be_shared(gan)
    usual = gan.generator.forward
    gan.generator.forward = lambda *given: usual(*given) + torch.linspace(0, 1e-6, 16).view(-1, 1, 1, 1)
    assert not passes_can_be_shared(gan)
    gan.generator.forward = lambda *given: usual(*given) + 1e-6 * usual(*given)[-1:]
    assert not passes_can_be_shared(gan)


def test_styles_of_two_seeds_are_mixed(runs):
    gan = load(runs("styles"))
    most = gan.generator.num_layers
    with service(runs("styles")) as client:
        assert client.get("/v1/info").json()["layers"] == most

        def mix(**asked):
            answer = client.get("/v1/mix", params={"seed": 3, "style_seed": 4, "label": "class 1", **asked})
            assert answer.status_code == 200, answer.text
            return np.asarray(Image.open(io.BytesIO(answer.content)))

        ends = {layers: mix(layers=layers, format=".png") for layers in (0, most)}
        for layers, seed in ((most, 3), (0, 4)):
            latent = sampling.latents(gan.recipe.latent, seed, [0])
            own = gan.decode_styles(gan.styles(latent, gan.labels([0], seed, "class 1")))[0]
            np.testing.assert_array_equal(ends[layers].transpose(2, 0, 1), own)
        middle = mix(layers=1, format=".png")
        assert not np.array_equal(middle, ends[0]) and not np.array_equal(middle, ends[most])
        assert client.get("/v1/mix", params={"layers": most + 1}).status_code == 422
    with service(runs("pictures")) as client:
        assert client.get("/v1/mix").status_code == 404
        assert client.get("/v1/info").json()["layers"] == 0
