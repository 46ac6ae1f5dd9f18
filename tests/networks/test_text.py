import itertools
import math

import pytest
import torch

from smoke import scramble
from sparring import networks
from sparring.networks.text import TextDiscriminator, TextGenerator, TextLayout
from sparring.networks.text_ensemble import TextEnsembleDiscriminator


def generator(length=3, vocabulary=4, generated=3, classes=0, **options):
    made = TextGenerator((length,), classes, 1, TextLayout(vocabulary, generated), width=8, embedding=5, **options)
    return scramble(made).eval()


def every_text(length, vocabulary):
    """All rows of tokens: those after an end are ends."""
    found = set()
    for row in itertools.product(range(vocabulary), repeat=length):
        at = row.index(0) if 0 in row else length
        found.add((*row[:at], *[0] * (length - at)))
    return torch.tensor(sorted(found))


@pytest.mark.parametrize("options", [{}, {"layers": 2, "cell": "lstm"}])
def test_the_probabilities_of_all_texts_sum_to_one(options):
    likelihoods = generator(**options).log_likelihood(every_text(3, 4)).sum(dim=1)
    assert likelihoods.exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_likelihoods_are_those_worked_out_step_by_step():
    network = generator(layers=2)
    tokens, states = [2, 1, 0], [torch.zeros(1, 1, 8), torch.zeros(1, 1, 8)]
    before, total = 0, 0.0
    for token in tokens:
        x = network.tokens.weight[before].view(1, 1, -1)
        for number, layer in enumerate(network.recurrences):
            x, states[number] = layer(x, states[number])
        probabilities = (network.last.weight @ x.flatten() + network.last.bias).softmax(dim=0)
        total, before = total + math.log(probabilities[token].item()), token
    found = network.log_likelihood(torch.tensor([tokens], dtype=torch.float32))
    assert found.sum().item() == pytest.approx(total, abs=1e-5)


def test_nothing_counts_after_the_end():
    found = generator(length=5).log_likelihood(torch.tensor([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    assert (found != 0).sum(dim=1).tolist() == [2, 1]


def test_texts_are_drawn_as_often_as_they_are_likely():
    network, count = generator(length=2, vocabulary=4, generated=4), 20_000
    drawn = network.draw(torch.rand(count, 2))
    for text in every_text(2, 4):
        share = (drawn == text).all(dim=1).float().mean().item()
        likely = network.log_likelihood(text[None]).sum().exp().item()
        assert abs(share - likely) < 5 * math.sqrt(likely * (1 - likely) / count) + 1e-6


def test_only_known_tokens_are_drawn_and_nothing_after_an_end():
    network = generator(length=6, vocabulary=9, generated=4)
    uniforms = torch.rand(500, 6)
    uniforms[0], uniforms[1] = 0.0, 1.0  # the ends of the range
    drawn = network.draw(uniforms)
    assert drawn.max() < 4
    ended = (drawn == 0).cummax(dim=1).values
    assert not drawn[ended].any() and ended.any()
    assert network.draw(uniforms, ends=False).min() > 0


def test_a_text_depends_on_its_own_noise_alone():
    network = generator(length=4)
    noise = torch.randn(6, 4)
    whole = network(torch.zeros(6, 1), None, noise)
    torch.testing.assert_close(network(torch.zeros(6, 1), None, noise.flip(0)), whole.flip(0))
    torch.testing.assert_close(whole, network(torch.ones(6, 1), None, noise))  # whatever the latent


def test_a_prompt_begins_every_text_and_a_low_temperature_takes_the_likeliest():
    network = generator(length=4, vocabulary=4, generated=4)
    drawn = network.draw(torch.rand(50, 4), prompt=torch.tensor([2, 3]))
    assert (drawn[:, :2] == torch.tensor([2, 3])).all()
    cold = network.draw(torch.rand(200, 4), temperature=0.0005)
    assert len(cold.unique(dim=0)) == 1
    first = network.log_likelihood(torch.arange(4)[:, None].expand(4, 4))[:, 0]
    assert cold[0, 0] == first.argmax()


def test_classes_change_both_players():
    network, tokens = generator(classes=2), torch.tensor([[1.0, 2, 0]] * 2)
    classes = {"class": torch.tensor([0, 1])}
    first, second = network.log_likelihood(tokens, classes).sum(dim=1).tolist()
    assert first != second
    judge = scramble(TextDiscriminator((3,), 2, TextLayout(4, 3), embedding=4, filters=3)).eval()
    one, other = judge(tokens, classes).logits.tolist()
    assert one != other


def test_the_discriminator_reads_texts_shorter_than_its_kernels():
    made = networks.build("text-discriminator", {}, shape=(1,), classes=0, layout=TextLayout(4, 3), latent_size=1)
    assert made(torch.zeros(2, 1)).logits.shape == (2,)


def test_relaxed_tokens_are_those_that_the_noise_draws():
    """By hand: the token is the largest of logits plus -log(-log u), and the row its softmax at that temperature."""
    network = generator(length=2, vocabulary=5, generated=3)
    uniforms = torch.rand(50, network.relaxed_noise_size)
    found = network.relaxed(uniforms, None, 2.0)
    assert found.shape == (50, 2, 5)
    torch.testing.assert_close(found.sum(dim=2), torch.ones(50, 2))
    assert not found[:, :, 3:].any()  # what is never generated
    noise = -(-uniforms.log()).log().view(50, 2, 3)
    states = [None]
    sums = network._next(torch.zeros(50, dtype=torch.long), None, states) + noise[:, 0]
    torch.testing.assert_close(found[:, 0, :3], (2 * sums).softmax(dim=1))
    chosen = sums.argmax(dim=1)
    going = chosen != 0
    sums = network._next(chosen, None, states) + noise[:, 1]
    torch.testing.assert_close(found[going, 1, :3], (2 * sums[going]).softmax(dim=1))
    assert found[~going, 1].argmax(dim=1).tolist() == [0] * int((~going).sum()) and (~going).any()


def test_relaxed_tokens_become_texts_that_are_as_likely_as_drawn_ones():
    network, count = generator(length=2, vocabulary=4, generated=4), 20_000
    rows = network.relaxed(torch.rand(count, network.relaxed_noise_size), None, 1e6)
    drawn = rows.argmax(dim=2)
    assert (rows.max(dim=2).values > 0.999).float().mean() > 0.99
    for text in every_text(2, 4):
        share = (drawn == text).all(dim=1).float().mean().item()
        likely = network.log_likelihood(text[None]).sum().exp().item()
        assert abs(share - likely) < 5 * math.sqrt(likely * (1 - likely) / count) + 1e-6


def test_a_gradient_reaches_the_generator_through_relaxed_tokens():
    network = generator(length=4, vocabulary=5, generated=5)
    uniforms = torch.rand(8, network.relaxed_noise_size)
    uniforms[0, 0], uniforms[0, 1] = 0.0, 1.0  # the ends of the range are finite noise
    found = network.relaxed(uniforms, None, 3.0)
    assert found.isfinite().all()
    found[:, :, 2].sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert network.last.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("classes", [0, 3])
def test_the_ensemble_judges_shares_of_tokens_as_it_judges_the_tokens(classes):
    network = scramble(
        TextEnsembleDiscriminator((5,), classes, TextLayout(6, 6), embeddings=4, embedding=2, filters=3, width=7)
    ).eval()
    tokens = torch.tensor([[1.0, 2, 3, 0, 0], [4, 0, 0, 0, 0], [5, 4, 3, 2, 1]])
    condition = {"class": torch.tensor([0, 2, 1])} if classes else None
    output = network(tokens, condition)
    assert output.logits.shape == (3, 4)
    shares = torch.nn.functional.one_hot(tokens.long(), 6).float()
    torch.testing.assert_close(network(shares, condition).logits, output.logits)
    assert output.logits.std(dim=1).min() > 0  # every embedding judges on its own
    if classes:
        other = network(tokens, {"class": torch.tensor([1, 2, 1])}).logits
        assert not torch.equal(other[0], output.logits[0]) and torch.equal(other[1:], output.logits[1:])


def test_an_embedding_of_the_ensemble_is_judged_by_filters_and_a_highway():
    network = scramble(
        TextEnsembleDiscriminator(
            (3,), 0, TextLayout(4, 4), embeddings=2, embedding=1, filters=2, kernels=(2,), width=3
        )
    ).eval()
    logits = network(torch.tensor([[1.0, 3.0, 0.0]])).logits
    values = network.tokens.weight[[1, 3, 0]]  # 3 tokens x 2 embeddings of one value
    for number in range(2):
        line = torch.cat([torch.zeros(1), values[:, number], torch.zeros(1)])
        windows = line.unfold(0, 2, 1)
        kernel, bias = network.filters[0].weight[:, 0], network.filters[0].bias
        pooled = (windows @ kernel.T + bias).relu().amax(dim=0)
        gate = (network.gate.weight @ pooled + network.gate.bias).sigmoid()
        change = (network.change.weight @ pooled + network.change.bias).relu()
        mixed = gate * change + (1 - gate) * pooled
        expected = network.head(network.last(mixed[None]), None)
        torch.testing.assert_close(logits[0, number], expected.squeeze())
