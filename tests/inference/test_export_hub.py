"""Runs on a model hub: what is pushed is what is pulled, and nothing that a hub sends is trusted."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import sparring
from hub_samples import fake_hub, git_hash
from service_samples import command_line
from smoke import ArraySource, pair_source, smoke_settings
from sparring.callbacks.base import Callback
from sparring.evaluation.run import evaluate
from sparring.inference.apply import apply_files
from sparring.inference.export_hub import push
from sparring.inference.generate import generate_files
from sparring.inference.generator import load_translator
from sparring.runs import hub as module
from sparring.runs.folder import Run
from sparring.serving.served_run import ServedRun

SHORT = {"examples": 32, "tick": 16}
NAME = "ann/bars"


def trained(source, recipe, folder, **options):
    settings = smoke_settings(recipe, **SHORT)
    return sparring.train(source, recipe, folder, settings=settings, device="cpu", console=Callback(), **options).path


@pytest.fixture(scope="module")
def source():
    return ArraySource((3, 8, 8), train=40)


@pytest.fixture(scope="module")
def run(source, tmp_path_factory):
    return trained(source, "mlp-small", tmp_path_factory.mktemp("runs") / "bars", command="sparring train /home/ann/p")


@pytest.fixture(scope="module")
def shared(run, tmp_path_factory):
    """The files of the run as a push leaves them."""
    with fake_hub(tmp_path_factory.mktemp("cache")) as hub:
        push(run, NAME, licence="apache-2.0")
        return hub.files(NAME)


@pytest.fixture
def hub(tmp_path):
    with fake_hub(tmp_path / "cache") as found:
        yield found


def cached(tmp_path):
    """What is kept of a hub: the names of all files."""
    return {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}


def test_what_is_pushed_is_pulled_bit_for_bit_and_then_comes_from_the_cache(run, hub, tmp_path, caplog):
    pushed = push(run, NAME, licence="apache-2.0", private=True)
    assert hub.private[NAME] and pushed.revision == hub.branches[NAME]["main"]
    assert set(pushed.names) == {
        *("recipe.yaml", "source.json", "codec.json", "README.md"),
        *(f"{name}.safetensors" for name in ("generator", "discriminator", "features")),
    }
    found = Run(f"hf://{NAME}")
    for name in set(pushed.names) - {"README.md", "recipe.yaml"}:
        assert (found.path / name).read_bytes() == (run / name).read_bytes(), name
    assert f"revision {pushed.revision}: fetched 6 files" in caplog.text
    own = sparring.load(run).generate(5, seed=3)
    assert np.array_equal(sparring.load(f"hf://{NAME}").generate(5, seed=3), own)

    hub.asked.clear()
    module.forget()
    assert np.array_equal(sparring.load(f"hf://{NAME}@{pushed.revision}").generate(5, seed=3), own)
    assert hub.asked == []
    assert "from the cache" in caplog.text
    hub.down = True
    module.forget()
    assert np.array_equal(sparring.load(f"hf://{NAME}").generate(5, seed=3), own)
    assert "as last known: the hub does not answer" in caplog.text


def test_nothing_of_this_machine_is_pushed(shared, run):
    assert not {"local.json", "log.jsonl", "report.html"} & set(shared) and not any("/" in name for name in shared)
    everything = b"".join(shared.values())
    assert b"/home/ann" not in everything and str(run.parent).encode() not in everything
    assert yaml.safe_load(shared["recipe.yaml"])["command"] == "sparring train p"


def test_the_card_is_what_hubs_read(shared):
    _, front, body = shared["README.md"].decode().split("---\n", 2)
    meta = yaml.safe_load(front)
    assert meta["library_name"] == "sparring" and meta["license"] == "apache-2.0"
    assert meta["pipeline_tag"] == "unconditional-image-generation"
    (index,) = meta["model-index"]
    assert {"type", "name", "value"} == set(index["results"][0]["metrics"][0])
    assert f'sparring.load("hf://{NAME}")' in body and "RUN" not in body
    assert "licence of the training data was not stated" in body


def test_a_push_removes_what_an_earlier_one_left_and_keeps_what_is_not_ours(run, hub):
    hub.put(NAME, "main", {"old_generator.safetensors": b"x", "notes.md": b"mine", "samples/a.json": b"{}"})
    push(run, NAME, revision="next")
    assert hub.files(NAME).keys() == {"old_generator.safetensors", "notes.md", "samples/a.json"}
    after = hub.files(NAME, "next").keys()
    assert "old_generator.safetensors" not in after and {"notes.md", "samples/a.json", "recipe.yaml"} <= after
    assert Run(f"hf://{NAME}@next").recipe()[0].name == "mlp-small"


def test_a_shared_run_is_taken_wherever_a_run_is(shared, source, hub, tmp_path):
    hub.put(NAME, "main", shared)
    place = Path(f"hf://{NAME}")  # as the command line makes paths
    before = {path: path.read_bytes() for path in Run(place).path.iterdir()}
    paths = generate_files(place, tmp_path / "samples", 3)
    assert len(paths) >= 1
    assert ServedRun(place, "cpu").gan is not None
    tuned = trained(source, "mlp-small", tmp_path / "tuned", init_from=place)
    assert Run(tuned).recipe()[1]["asked"]["init_from"] == "bars"
    found = evaluate(str(place), source, console=Callback())
    assert found.measured and found.report is None
    exported = sparring.export(str(place), tmp_path / "bars.onnx")
    assert exported.path.is_file()
    assert "3 samples" in command_line("generate", f"hf://{NAME}", "-n", 3, "-o", tmp_path / "again")
    assert {path: path.read_bytes() for path in Run(place).path.iterdir()} == before


def test_translators_are_shared_too(hub, tmp_path):
    run = trained(pair_source((3, 12, 16)), "pix2pix", tmp_path / "run")
    push(run, NAME)
    assert yaml.safe_load(hub.files(NAME)["README.md"].decode().split("---\n")[1])["pipeline_tag"] == "image-to-image"
    Image.new("RGB", (16, 12), (200, 30, 60)).save(tmp_path / "in.png")
    (applied,) = apply_files(f"hf://{NAME}", tmp_path / "in.png", tmp_path / "out.png", device="cpu")
    made = np.asarray(Image.open(applied.out)).transpose(2, 0, 1)
    given = np.asarray(Image.open(tmp_path / "in.png")).transpose(2, 0, 1)[None]
    assert np.array_equal(made, load_translator(run).values(given)[0])


class Planted:
    def __reduce__(self):
        return (Path("planted").touch, ())


def listing(**changes):
    """A hub that lists the generator otherwise than it is."""

    def changed(listed):
        return [{**each, **changes} if each["path"] == "generator.safetensors" else each for each in listed]

    return changed


def with_entry(path, size=3):
    return lambda listed: [*listed, {"type": "file", "path": path, "size": size, "oid": git_hash(b"abc")}]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (with_entry("../recipe.json"), "would be written elsewhere"),
        (with_entry("/etc/passwd"), "would be written elsewhere"),
        (with_entry("a\\..\\b.json"), "would be written elsewhere"),
        (with_entry("C:x.json"), "would be written elsewhere"),
        (with_entry("optimizer.pt"), "can run code"),
        (with_entry("model.PKL"), "can run code"),
        (with_entry("huge.json", 1 << 30), "more than the 67,108,864 allowed"),
        (with_entry("huge.safetensors", 5 << 30), "more than the 4,294,967,296 allowed"),
        (with_entry("odd.json", -1), "allowed"),
        (lambda listed: [*listed, *(with_entry(f"{n}.json")([])[0] for n in range(80))], "at most 64"),
        (lambda listed: [each for each in listed if each["path"] != "recipe.yaml"], "has no recipe.yaml"),
        (listing(lfs=None, oid=""), "no hash"),
        (listing(lfs={"oid": "0" * 64, "size": 9, "pointerSize": 1}), "another hash"),
        (listing(size=100), "more of generator.safetensors than the 100 bytes"),
        (lambda listed: [{"kind": "strange"}], "cannot be understood"),
    ],
)
def test_a_repository_that_lists_what_it_may_not_is_refused(tree, message, shared, hub, tmp_path):
    hub.put(NAME, "main", shared)
    hub.tree = tree
    with pytest.raises(sparring.UserError, match=message) as raised:
        sparring.load(f"hf://{NAME}")
    assert "\n" not in str(raised.value)
    assert cached(tmp_path) <= {"main.revision"}


def test_a_pickle_under_the_name_of_tensors_is_refused_and_never_run(shared, hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hub.put(NAME, "main", {**shared, "generator.safetensors": pickle.dumps(Planted())})
    with pytest.raises(sparring.UserError, match="for safety nothing else is loaded"):
        sparring.load(f"hf://{NAME}")
    assert not (tmp_path / "planted").exists() and cached(tmp_path) <= {"main.revision"}


def test_other_bytes_than_listed_are_refused(shared, hub, tmp_path):
    hub.put(NAME, "main", shared)
    hub.content = lambda name, data: data[:-1] + b"!" if name == "codec.json" else data
    with pytest.raises(sparring.UserError, match=r"codec\.json has another hash than the hub lists"):
        sparring.load(f"hf://{NAME}")
    hub.content = lambda name, data: data[:-9] if name == "codec.json" else data
    with pytest.raises(sparring.UserError, match=r"codec\.json"):
        sparring.load(f"hf://{NAME}")
    assert cached(tmp_path) <= {"main.revision"}


def test_a_link_in_a_repository_is_a_text_and_one_in_the_cache_is_fetched_again(shared, hub, tmp_path):
    """Git keeps a link as a file that holds its target."""
    hub.put(NAME, "main", {**shared, "codec.json": b"../../../etc/passwd"})
    with pytest.raises(sparring.UserError, match=r"codec\.json is damaged"):
        sparring.load(f"hf://{NAME}")
    commit = hub.put(NAME, "main", shared)
    module.forget()
    place = Run(f"hf://{NAME}").path / "codec.json"
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(place.read_bytes())
    place.unlink()
    place.symlink_to(elsewhere)
    module.forget()
    again = Run(f"hf://{NAME}@{commit}").path / "codec.json"
    assert again == place and not again.is_symlink() and again.read_bytes() == shared["codec.json"]
    again.write_bytes(b"{}")
    module.forget()
    assert (Run(f"hf://{NAME}").path / "codec.json").read_bytes() == shared["codec.json"]


def test_where_data_lies_is_not_taken_from_a_hub(shared, hub):
    hub.put(NAME, "main", {**shared, "local.json": json.dumps({"data": "/etc"}).encode()})
    assert Run(f"hf://{NAME}").data_place() is None


@pytest.mark.parametrize(
    "wrong",
    ["hf://", "hf://one", "hf://a/b/c", "hf://a/b@", "hf://a/../b", "hf://a/b@../../x", "hf://a/b@x y"],
)
def test_what_is_no_address_is_refused(wrong, hub):
    with pytest.raises(sparring.UserError, match="is no run on a hub"):
        sparring.load(wrong)
    assert hub.asked == []


def test_what_is_not_there_is_said(shared, hub):
    with pytest.raises(sparring.UserError, match="there is no such repository"):
        sparring.load("hf://nobody/nothing")
    hub.put(NAME, "main", shared)
    with pytest.raises(sparring.UserError, match="no such revision"):
        sparring.load(f"hf://{NAME}@v9")
    hub.down = True
    with pytest.raises(sparring.UserError, match="the hub answers 503"):
        sparring.load("hf://ann/other")


def test_what_cannot_be_pushed_is_refused_before_the_hub_is_asked(run, hub, tmp_path):
    for options, message in (
        ({"name": "alone"}, "user/name"),
        ({"name": NAME, "revision": "a..b"}, "name of a branch"),
        ({"name": NAME, "licence": "Do what you like"}, "identifier"),
    ):
        with pytest.raises(sparring.UserError, match=message):
            push(run, **options)
    with pytest.raises(sparring.UserError, match="not a run folder"):
        push(tmp_path, NAME)
    assert hub.asked == []
    with pytest.raises(sparring.UserError, match="folder here"):
        sparring.train("digits", out="hf://ann/x")


def test_the_command_line_pushes(run, hub):
    said = command_line("export", run, NAME, "--to", "hub", "--license", "mit")
    assert f"hf://{NAME}@{hub.branches[NAME]['main']}" in said
    digest = hashlib.sha256((run / "generator.safetensors").read_bytes()).hexdigest()
    assert digest in hub.large


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "hub"], "needs the name"),
        ([NAME], "is for --to hub"),
        ([NAME, "--to", "hub", "-o", "x.onnx"], "-o is for files and pages"),
        (["--private"], "--private is for --to hub"),
    ],
)
def test_options_of_another_kind_are_refused(arguments, message, run, capsys):
    from sparring.cli import main

    with pytest.raises(SystemExit) as end:
        main(["export", str(run), *arguments])
    assert end.value.code == 2 and message in capsys.readouterr().err
