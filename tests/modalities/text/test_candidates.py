"""Of several candidates one is kept, by the weight that the discriminator gives it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import sparring
import text_samples
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = {**smoke_settings("text"), "algorithm.pretrain_fraction": 0.5}
    folder = tmp_path_factory.mktemp("candidates") / "run"
    return api.train(text_samples.source(90), None, folder, settings=settings, device="cpu", console=Callback()).path


def test_one_candidate_is_the_usual_sample_and_more_depend_on_the_number_of_a_sample_alone(run):
    gan = sparring.load(run)
    assert gan.generate(9, seed=3, candidates=1) == gan.generate(9, seed=3)
    several = gan.values(70, seed=3, candidates=3, label="praise")
    np.testing.assert_array_equal(several[63:], gan.at(range(63, 70), seed=3, candidates=3, label="praise"))
    assert len({row.tobytes() for row in several}) > 35


def test_candidates_are_chosen_in_proportion_to_the_exponential_of_the_logit(run):
    """Of many candidates, a kind with density p and weight 3 is chosen with probability 3 p / (3 p + 1 - p)."""
    gan, log3 = sparring.load(run), float(np.log(3))
    usual = gan.generate(640, seed=5, label="praise")
    middle = sorted(map(len, usual))[320]

    def by_length(tokens, condition):
        assert condition["class"].unique().tolist() == [gan.classes.index("praise")]
        return SimpleNamespace(logits=log3 * ((tokens != 0).sum(dim=1) > middle).float())

    gan.__dict__["discriminator"] = by_length
    chosen = gan.generate(640, seed=5, label="praise", candidates=24)
    share, found = (np.mean([len(text) > middle for text in texts]) for texts in (usual, chosen))
    assert found == pytest.approx(3 * share / (1 + 2 * share), abs=0.06)
    assert 0.25 < share < 0.55


def test_a_discriminator_that_has_not_learned_chooses_nothing(run, monkeypatch):
    monkeypatch.setattr("sparring.inference.generator.kept_snapshot", lambda log: 1)
    early = sparring.load(run)
    with pytest.raises(UserError, match="had not learned at the kept snapshot"):
        early.generate(2, candidates=2)
    alone = sparring.load(run)
    alone.run = None
    with pytest.raises(UserError, match="no discriminator at hand"):
        alone.generate(2, candidates=2)
    with pytest.raises(UserError, match="candidates"):
        sparring.load(run).generate(2, candidates=0)


def test_the_discriminator_is_that_of_the_snapshot(run):
    gan = sparring.load(run)
    assert not gan.discriminator.training
    texts = gan.codec.encode(gan.values(8, label="blame"))
    condition = {"class": torch.zeros(8, dtype=torch.long)}
    with torch.no_grad():
        assert gan.discriminator(texts, condition).logits.std() > 0
