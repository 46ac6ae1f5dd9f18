"""Regularisers: pure functions whose value, times a weight, is added to a player's loss. All are computed in float32 at least."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.parametrize import is_parametrized


def weights(module: nn.Module) -> list[Tensor]:
    """The tensors that weight regularisation means: matrices and kernels. Not biases, normalisation gains (of classes neither),
    embeddings or learned constants.

    Under spectral normalisation what is learned, before its division.
    """
    found: list[Tensor] = []
    for layer in module.modules():
        if isinstance(layer, nn.Embedding):
            continue
        if is_parametrized(layer, "weight"):
            found.append(layer.parametrizations.weight.original)  # type: ignore[union-attr,arg-type]
        found += [value for name, value in layer.named_parameters(recurse=False) if name.startswith("weight") and value.ndim > 1]
    return found


def l1(tensors: Iterable[Tensor]) -> Tensor:
    """The sum of absolute values (Tibshirani 1996; Keras' `l1`): add weight * l1(...) to a loss."""
    return torch.stack([_precise(tensor).abs().sum() for tensor in tensors]).sum()


def l2(tensors: Iterable[Tensor]) -> Tensor:
    """The sum of squares, without a factor of one half (Keras' `l2`): add weight * l2(...) to a loss."""
    return torch.stack([_precise(tensor).square().sum() for tensor in tensors]).sum()


def orthogonal(tensors: Iterable[Tensor]) -> Tensor:
    """Brock et al. 2019 (arXiv:1809.11096), eq. 3: the squares of the off-diagonal entries of W W^T, summed over matrices.

    A kernel is a matrix of output channels x the rest. The paper writes W^T W for a kernel kept the other way round. Its
    first author's PyTorch program adds the gradient of half of this, and leaves the shared class embedding out as `weights` does.
    """
    total = []
    for tensor in tensors:
        with torch.autocast(tensor.device.type, enabled=False):
            flat = _precise(tensor).flatten(1)
            gram = flat @ flat.T
            total.append((gram - gram.diag().diag()).square().sum())
    return torch.stack(total).sum()


def zero_centred(logits: Tensor, samples: Tensor) -> Tensor:
    """Half the mean squared norm of the gradient of logits (N) with respect to samples (N x ...): R1 on reals, R2 on fakes.

    Mescheder et al. 2018 (arXiv:1801.04406), eq. 9 and 10 without their gamma. `samples` must require gradients.
    """
    return 0.5 * _squared_norms(logits, samples).mean()


def one_centred(logits: Tensor, samples: Tensor) -> Tensor:
    """The mean of (norm of the gradient - 1)^2: Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3, at points of `interpolated`;
    Kodali et al. 2017 (arXiv:1705.07215), eq. 4 (DRAGAN), at points of `perturbed`."""
    return ((_squared_norms(logits, samples) + 1e-12).sqrt() - 1).square().mean()


def interpolated(real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """A point on the line between each real and its fake (Gulrajani et al. 2017, section 4). shares: N x 1 in [0, 1]."""
    shares = shares.view(-1, *[1] * (real.ndim - 1))
    return (shares * real + (1 - shares) * fake).detach().requires_grad_()


def perturbed(real: Tensor, normal: Tensor, deviation: float = 0.15) -> Tensor:
    """Reals plus Gaussian noise (Kodali et al. 2017, eq. 4). normal: N x values of a sample, N(0, 1).

    The authors leave the deviation to the range of the data; this one is ours, for values in [-1, 1]. Their released program draws
    otherwise: U[0, 1) times half the deviation of the batch, times a second U[0, 1) of each picture (root mean square: a sixth of it).
    """
    return (real + deviation * normal.view_as(real)).detach().requires_grad_()


def consistency(logits: Tensor, augmented: Tensor) -> Tensor:
    """Zhao et al. 2020 (arXiv:2002.04724), section 2.1 (bCR): the mean squared change of the logits under augmentation."""
    return (logits - augmented).square().mean()


def pseudo_labels(class_logits: Tensor, changed: Tensor, sure: float = 0.95) -> Tensor:
    """Sohn et al. 2020 (arXiv:2001.07685), eq. 4 (FixMatch): the cross-entropy of the verdicts on strongly changed examples with the classes that the
    verdicts on the same examples are sure of; examples of which they are not count as 0. N x classes both; no gradient goes into the first."""
    chances, classes = class_logits.detach().softmax(dim=1).max(dim=1)
    return (cross_entropy(changed, classes, reduction="none") * (chances >= sure)).mean()


def path_length(pictures: Tensor, styles: Tensor, normal: Tensor, mean: Tensor, share: float = 1.0) -> tuple[Tensor, Tensor]:
    """Karras et al. 2020 (arXiv:1912.04958), eq. 4: how far the length of J^T y is from its running mean.

    pictures: N x C x H x W made from styles, N x layers x width. normal: N x values of a picture, N(0, 1). mean: the running mean a.
    share: of a batch that these are. Returns the penalty and the moved mean (for a whole batch by 1 % towards the lengths seen).

    As in the released program: a length is a mean over layers, y is divided by the root of the number of pixels, and the penalty is
    taken against the mean that has moved.
    """
    y = normal.view_as(pictures) / (pictures.shape[2] * pictures.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((pictures * y).sum(), styles, create_graph=True)
    lengths = gradient.square().sum(dim=2).mean(dim=1).sqrt()
    moved = mean.lerp(lengths.detach().mean(), 0.01 * share)
    return (lengths - moved).square().mean(), moved


def _squared_norms(logits: Tensor, samples: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradient.flatten(1).square().sum(dim=1)


def _precise(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


OF_WEIGHTS: dict[str, Callable[[Iterable[Tensor]], Tensor]] = {"l1": l1, "l2": l2, "orthogonal": orthogonal}


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float) -> None:
    """Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, line 7: every parameter into [-bound, bound]."""
    for parameter in module.parameters():
        parameter.clamp_(-bound, bound)
