"""Texts that equal a training text are drawn again, down to the share that is asked for."""

import numpy as np
import pytest

import sparring
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.cli import main
from sparring.errors import UserError

LETTERS = "abcd"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Half of all texts of two letters; the model makes all of them, and so copies about as often as not."""
    folder = tmp_path_factory.mktemp("copies")
    texts = [first + second for first in LETTERS for second in LETTERS][::2]
    (folder / "pairs.txt").write_text("\n".join(texts * 40) + "\n")
    settings = {**smoke_settings("text"), "examples": 2000, "algorithm.pretrain_fraction": 0.9}
    settings["players.generator.options.width"] = 16
    data = folder / "pairs.txt"
    return api.train(data, "text", folder / "run", settings=settings, device="cpu", console=Callback()).path


def share(gan, texts):
    data = gan.training_data
    known = set(sparring.modalities.get("text").items(data.values(np.arange(data.count("train"))), gan.codec))
    return np.mean([text in known for text in texts])


def test_the_share_of_copies_is_the_one_asked_for(run):
    gan = sparring.load(run)
    usual = share(gan, gan.generate(1000, seed=3))
    assert 0.1 < usual < 0.9
    for asked in (0.0, usual / 2, 0.9 * usual):
        assert share(gan, gan.generate(1000, seed=3, copies=asked)) == pytest.approx(asked, abs=0.04 * (asked > 0))
    assert gan.generate(100, seed=3, copies=1.0) == gan.generate(100, seed=3)


def test_only_copies_are_drawn_again_and_each_sample_depends_on_its_number_alone(run):
    gan = sparring.load(run)
    usual, few = gan.generate(130, seed=5), gan.generate(130, seed=5, copies=0.0)
    kept = [before == after for before, after in zip(usual, few, strict=True)]
    assert all(same or share(gan, [before]) for same, before in zip(kept, usual, strict=True)) and not all(kept)
    np.testing.assert_array_equal(gan.values(130, seed=5, copies=0.2)[65:], gan.at(range(65, 130), seed=5, copies=0.2))


def test_what_cannot_be_is_refused(run, tmp_path, monkeypatch, capsys):
    gan = sparring.load(run)
    with pytest.raises(UserError, match="between 0"):
        gan.generate(2, copies=1.5)
    monkeypatch.setattr("sparring.modalities.text.sampling._known", lambda gan: {*gan.generate(500), ""})
    with pytest.raises(UserError, match="makes hardly any others"):
        sparring.load(run).generate(200, copies=0.0, temperature=0.05)
    monkeypatch.undo()
    data = run.parent / "pairs.txt"
    data.rename(run.parent / "gone.txt")
    with pytest.raises(SystemExit) as end:
        main(["generate", str(run), "-n", "3", "--copies", "0", "-o", str(tmp_path / "a.txt")])
    assert end.value.code == 2 and "say with --data" not in capsys.readouterr().err
    (run.parent / "pairs.txt").write_text("other\ntexts\n" * 30)
    with pytest.raises(UserError, match="is not what"):
        sparring.load(run).generate(3, copies=0.0)
