"""`sparring` as a Python program uses it."""

import threading

import numpy as np
import pytest
import torch

import sparring
from smoke import ArraySource, StopAt, fingerprint, smoke_settings
from sparring import networks
from sparring.callbacks.base import Action, Callback, Result
from sparring.errors import UserError


def train(data, out, console=None, **options):
    return sparring.train(
        data, "mlp", out, settings=smoke_settings("mlp"), device="cpu", console=console or Callback(), **options
    )


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (80, 8, 8), dtype=np.uint8)


def test_dir_lists_what_is_public():
    assert dir(sparring) == sorted(sparring.__all__)
    assert all(getattr(sparring, name) for name in sparring.__all__)


def test_an_array_is_trained_on_and_resumed(pictures, tmp_path):
    labels = np.arange(80) % 2
    whole = train(pictures, tmp_path / "whole", labels=labels)
    stop = threading.Event()
    train(pictures, tmp_path / "parts", labels=labels, console=StopAt(48, stop), stop=stop)
    parts = train(pictures, tmp_path / "parts", labels=labels)
    assert fingerprint(whole.path) == fingerprint(parts.path)
    gan = sparring.load(whole)  # a run as well as its path
    assert gan.classes == ("0", "1")
    assert len(gan.generate(3)) == 3
    with pytest.raises(UserError, match=r"data in memory \(ndarray\) is not what"):
        train(255 - pictures, tmp_path / "whole", labels=labels)
    scores = sparring.evaluate(whole, pictures, metrics=["fid"], features="raw", samples=20, console=Callback()).scores
    assert scores


def test_labels_as_values_belong_to_data_in_memory(tmp_path):
    with pytest.raises(UserError, match="data in memory only"):
        train(ArraySource(), tmp_path / "run", labels=[0, 1])


def test_the_folder_of_data_in_memory_has_a_plain_name(pictures, tmp_path, monkeypatch):
    from sparring.api import default_folder
    from sparring.data.in_memory import InMemory

    assert default_folder(InMemory(pictures), None).as_posix() == "runs/pictures"
    assert default_folder(InMemory(pictures), "dcgan").as_posix() == "runs/pictures-dcgan"


def test_callbacks_are_called(bars, tmp_path):
    class Count(Callback):
        steps = ticks = 0

        def step(self, trainer):
            self.steps += 1

        def observe(self, trainer, observation):
            self.ticks += 1

    count = Count()
    train(bars, tmp_path / "run", callbacks=[count])
    assert (count.steps, count.ticks) == (6, 3)  # 96 images in batches of 16, a tick every 32


def test_an_unknown_option_is_refused_before_a_folder_is_made(bars, tmp_path):
    with pytest.raises(UserError, match="did you mean 'max_time'"):
        train(bars, tmp_path / "run", max_tim="1h")
    assert not (tmp_path / "run").exists()


SETTINGS = {"examples": 192, "tick": 32, "batch": 16, "score_samples": 20, "final_samples": 20, "patience": 0}
NAMES = [["cat", "dog"][index % 2] for index in range(80)]


class StopEarly(Callback):
    def observe(self, trainer, observation):
        return Result(action=Action.STOP) if observation.examples >= 64 else None


def test_a_run_on_data_in_memory_is_stopped_by_a_callback_and_evaluated(pictures, tmp_path):
    run = sparring.train(
        pictures,
        "mlp",
        tmp_path / "run",
        labels=NAMES,
        settings=SETTINGS,
        device="cpu",
        callbacks=[StopEarly()],
        console=Callback(),
    )
    last = run.log()[-1]
    assert (last["event"], last["examples"]) == ("final", 64)
    assert last["reason"] == "the callback StopEarly asked for it"
    sparring.evaluate(run, pictures, labels=NAMES, samples=40, console=Callback())
    assert run.evaluation()  # it is the run's own data
    with pytest.raises(UserError, match="say so with `data`"):
        sparring.evaluate(run)
    with pytest.raises(UserError, match="`count` should be a whole number from 1"):
        sparring.load(run).generate(0)


@pytest.mark.parametrize(("callbacks", "name"), [([StopEarly], "StopEarly"), (3, "int"), ([3], "int")])
def test_callbacks_are_instances(pictures, tmp_path, callbacks, name):
    with pytest.raises(UserError, match=f"instances of sparring.Callback, and {name} is none"):
        sparring.train(pictures, "mlp", tmp_path / "run", callbacks=callbacks)
    assert not (tmp_path / "run").exists()


def test_a_generator_that_ignores_classes_makes_none_of_them(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(networks.NETWORKS, "_things", dict(networks.NETWORKS._things))

    @sparring.register_network("deaf-generator")
    class Deaf(networks.Generator):
        def __init__(self, shape: tuple[int, ...], latent_size: int):
            super().__init__()
            self.shape, self.layer = shape, torch.nn.Linear(latent_size, 64)

        def forward(self, latent, condition=None, noise=None):
            return self.layer(latent).tanh().unflatten(1, self.shape)

    settings = {**SETTINGS, "players.generator.network": "deaf-generator", "players.generator.options": {}}
    run = sparring.train(
        pictures, "mlp", tmp_path / "run", labels=NAMES, settings=settings, device="cpu", console=Callback()
    )
    gan = sparring.load(run)
    assert len(gan.generate(3)) == 3
    with pytest.raises(UserError, match="the generator deaf-generator ignores classes"):
        gan.generate(3, label="dog")


def test_a_resume_says_where_it_goes_on(pictures, tmp_path, capsys):
    stop = threading.Event()

    class StopAfter(Callback):
        def step(self, trainer):
            if trainer.examples >= 96:
                stop.set()

    options = {"settings": SETTINGS, "device": "cpu"}
    sparring.train(pictures, "mlp", tmp_path / "run", callbacks=[StopAfter()], stop=stop, **options)
    sparring.train(pictures, "mlp", tmp_path / "run", **options)
    assert "resuming at 96 of 192 examples" in capsys.readouterr().out


def test_data_of_another_kind_than_the_recipes_is_named(tmp_path):
    (tmp_path / "people.csv").write_text("age,city\n1,a\n2,b\n")
    with pytest.raises(UserError, match="holds rows of a table, and this recipe learns from pictures"):
        sparring.train(tmp_path / "people.csv", "dcgan", tmp_path / "run")


def test_a_folder_of_somebody_else_is_never_written_into(pictures, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("precious")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds files that are not of a training, such as README.md"):
        train(pictures, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir() if path.name != ".lock"] == ["README.md"]
    with pytest.raises(UserError, match="no file or folder"):
        train(tmp_path / "nowhere", tmp_path / "empty")
    assert (tmp_path / "empty").is_dir()


def test_what_a_callback_returns_is_logged_and_checked(pictures, tmp_path):
    class Counts(Callback):
        def observe(self, trainer, observation):
            return Result(values={"mine.count": 2.0})

    run = train(pictures, tmp_path / "run", callbacks=[Counts()])
    assert {line["mine"]["count"] for line in run.log() if line["event"] == "tick"} == {2.0}
    for answer, complaint in [(3, "a int from observe"), (Result(values={"x": "abc"}), "values are numbers by name")]:
        callback = Callback()
        callback.observe = lambda trainer, observation, answer=answer: answer
        with pytest.raises(UserError, match=complaint):
            train(pictures, tmp_path / f"refused {complaint[:3]}", callbacks=[callback])


class Log(Callback):
    """As a built-in callback is called too."""

    def __init__(self, name):
        self.name, self.loaded = name, None

    def state(self):
        return {"name": self.name}

    def load_state(self, state):
        self.loaded = state.get("name")


def test_callbacks_of_one_name_keep_their_own_state(pictures, tmp_path):
    stop = threading.Event()
    train(pictures, tmp_path / "run", callbacks=[Log("a"), Log("b"), StopAt(48, stop)], stop=stop)
    again = [Log("a"), Log("b")]
    run = train(pictures, tmp_path / "run", callbacks=again)
    assert [each.loaded for each in again] == ["a", "b"]
    ticks = [line["examples"] for line in run.log() if line["event"] == "tick"]
    assert ticks == sorted(ticks) and ticks[0] < 48


@pytest.mark.parametrize("settings", [3, [None], b"x", {"batch": np.int64(16)}, {"batch": torch.tensor(16)}])
def test_settings_are_checked_and_numbers_of_numpy_are_numbers(pictures, tmp_path, settings):
    options = {"device": "cpu", "console": Callback()}
    if isinstance(settings, dict):
        run = sparring.train(pictures, "mlp", tmp_path, settings={**smoke_settings("mlp"), **settings}, **options)
        assert run.recipe()[0].batch == 16
    else:
        with pytest.raises(UserError, match="`settings`"):
            sparring.train(pictures, "mlp", tmp_path, settings=settings, **options)


@pytest.mark.parametrize(("sign", "best"), [(1, 0), (-1, -1)])
def test_a_selection_of_ones_own_chooses_the_snapshot(pictures, tmp_path, sign, best):
    """Whatever its scale: it is compared with its own earlier values, not with the built-in score."""

    class Select(Callback):
        def observe(self, trainer, observation):
            return Result(selection=1e6 + sign * observation.examples)

    log = train(pictures, tmp_path / "run", callbacks=[Select()]).log()
    ticks = [line["examples"] for line in log if line["event"] == "tick"]
    assert len(ticks) > 1 and log[-1]["snapshot"] == ticks[best]
