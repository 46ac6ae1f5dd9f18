"""Regularisers: pure functions whose value, times a weight, is added to a loss.

The penalties of weights are computed in float32 at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.parametrize import is_parametrized

from .precision import at_least_float32


def regularised_weights(module: nn.Module) -> list[Tensor]:
    """The matrices and kernels of a network: what weight penalties apply to.

    Biases, gains of normalisation (of classes too), embeddings and learned constants are left out. Under spectral
    normalisation it is the learned tensor, before the division by its norm.
    """
    found: list[Tensor] = []
    for layer in module.modules():
        if isinstance(layer, nn.Embedding):
            continue
        if is_parametrized(layer, "weight"):
            found.append(layer.parametrizations.weight.original)  # type: ignore[union-attr,arg-type]
        for name, parameter in layer.named_parameters(recurse=False):
            if name.startswith("weight") and parameter.ndim > 1:
                found.append(parameter)
    return found


def l1(weights: Iterable[Tensor]) -> Tensor:
    """The sum of absolute values of all weights (Tibshirani 1996; `l1` in Keras)."""
    return torch.stack([at_least_float32(weight).abs().sum() for weight in weights]).sum()


def l2(weights: Iterable[Tensor]) -> Tensor:
    """The sum of squares of all weights, without a factor of one half (`l2` in Keras)."""
    return torch.stack([at_least_float32(weight).square().sum() for weight in weights]).sum()


def orthogonal(weights: Iterable[Tensor]) -> Tensor:
    """The sum of squares of the off-diagonal entries of W W^T, for all weights W.

    Brock et al. 2019 (arXiv:1809.11096), eq. 3. A kernel counts as a matrix of output channels x the rest; the paper
    writes W^T W for a kernel stored the other way round. The first author's PyTorch program adds the gradient of half
    of this value. It leaves the shared class embedding out, as `regularised_weights` does.
    """
    terms = []
    for weight in weights:
        with torch.autocast(weight.device.type, enabled=False):
            matrix = at_least_float32(weight).flatten(1)
            gram = matrix @ matrix.T
            terms.append((gram - gram.diag().diag()).square().sum())
    return torch.stack(terms).sum()


WEIGHT_PENALTIES: dict[str, Callable[[Iterable[Tensor]], Tensor]] = {"l1": l1, "l2": l2, "orthogonal": orthogonal}


def zero_centred_gradient_penalty(logits: Tensor, samples: Tensor) -> Tensor:
    """Half the mean squared norm of the gradient of the logits with respect to the samples: R1 on reals, R2 on fakes.

    Mescheder et al. 2018 (arXiv:1801.04406), eq. 9 and 10 without their gamma.

    Args:
        logits: N or N x locations, computed from the samples.
        samples: N x ..., which must require gradients.
    """
    return 0.5 * _squared_gradient_norms(logits, samples).mean()


def one_centred_gradient_penalty(logits: Tensor, samples: Tensor) -> Tensor:
    """The mean of (norm of the gradient - 1)^2 of the logits with respect to the samples.

    At points of `interpolate_samples` it is WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3). At points of
    `perturb_samples` it is DRAGAN (Kodali et al. 2017, arXiv:1705.07215, eq. 4).

    Args:
        logits: N or N x locations, computed from the samples.
        samples: N x ..., which must require gradients.
    """
    return ((_squared_gradient_norms(logits, samples) + 1e-12).sqrt() - 1).square().mean()


def interpolate_samples(real: Tensor, fake: Tensor, uniforms: Tensor) -> Tensor:
    """A random point on the line between each real example and its fake (Gulrajani et al. 2017, section 4).

    Args:
        real: N x ...
        fake: N x ...
        uniforms: N x 1, U[0, 1), the share of the real example.

    Returns:
        N x ..., detached, requiring gradients.
    """
    share = uniforms.view(-1, *[1] * (real.ndim - 1))
    return (share * real + (1 - share) * fake).detach().requires_grad_()


def perturb_samples(real: Tensor, normals: Tensor, deviation: float = 0.15) -> Tensor:
    """Real examples plus Gaussian noise (Kodali et al. 2017, eq. 4).

    The paper leaves the deviation to the range of the data. The default is this project's, for values in [-1, 1]. The
    authors' program draws other noise: U[0, 1) times half the standard deviation of the batch, times a second U[0, 1)
    for each image; its root mean square is a sixth of that standard deviation.

    Args:
        real: N x ...
        normals: N(0, 1), as many values as real.
        deviation: Standard deviation of the noise.

    Returns:
        N x ..., detached, requiring gradients.
    """
    return (real + deviation * normals.view_as(real)).detach().requires_grad_()


def consistency(logits: Tensor, augmented_logits: Tensor) -> Tensor:
    """The mean squared change of the logits under augmentation: Zhao et al. 2020 (arXiv:2002.04724), section 2.1."""
    return (logits - augmented_logits).square().mean()


def pseudo_label_loss(class_logits: Tensor, augmented_class_logits: Tensor, min_confidence: float = 0.95) -> Tensor:
    """The cross-entropy with labels that the classifier gave itself: FixMatch.

    Sohn et al. 2020 (arXiv:2001.07685), eq. 4. The label of an example is the most likely class of the unaugmented
    example. An example whose most likely class has a probability below min_confidence (the paper's tau) counts as 0.

    Args:
        class_logits: N x classes, of the unaugmented examples. No gradient flows into them.
        augmented_class_logits: N x classes, of the strongly augmented examples.
        min_confidence: A probability in [0, 1].
    """
    confidence, pseudo_labels = class_logits.detach().softmax(dim=1).max(dim=1)
    losses = cross_entropy(augmented_class_logits, pseudo_labels, reduction="none")
    return (losses * (confidence >= min_confidence)).mean()


def path_length(images: Tensor, styles: Tensor, normals: Tensor, mean_length: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of (|J^T y| - a)^2, where J is the Jacobian of the images with respect to the styles.

    Karras et al. 2020 (arXiv:1912.04958), eq. 4. As in the released program, the length is a mean over layers, and y is
    divided by the root of the number of pixels. The released program updates the running mean a before it is used; here
    it is a constant of the step, so that parts of a batch add up to the whole.

    Args:
        images: N x C x H x W, generated from the styles.
        styles: N x layers x width.
        normals: N x C H W, N(0, 1): the paper's y.
        mean_length: The running mean of the lengths, a scalar: the paper's a.

    Returns:
        The penalty, and the N lengths, without gradients.
    """
    y = normals.view_as(images) / (images.shape[2] * images.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((images * y).sum(), styles, create_graph=True)
    lengths = gradient.square().sum(dim=2).mean(dim=1).sqrt()
    return (lengths - mean_length).square().mean(), lengths.detach()


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float) -> None:
    """Clip every parameter to [-bound, bound]: Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, line 7."""
    for parameter in module.parameters():
        parameter.clamp_(-bound, bound)


def _squared_gradient_norms(logits: Tensor, samples: Tensor) -> Tensor:
    """N squared norms of the gradient of each sample's logits."""
    (gradient,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradient.flatten(1).square().sum(dim=1)
