"""PatchNCE, the contrastive loss of patches: Park et al. 2020 (arXiv:2007.15651), section 3.2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

PATCHNCE_TEMPERATURE = 0.07  # tau in section 3.2


def embed_patches(head: nn.Module, features: Tensor, locations: Tensor) -> Tensor:
    """The features of some locations, through a projection head, scaled to unit length.

    Park et al. 2020, section 3.2: z = H(G_enc(x)) at these locations of one layer.

    Args:
        head: Maps ... x C to ... x D.
        features: N x C x H x W, of one layer of the generator's encoder.
        locations: N x P integers, each row * W + column.

    Returns:
        N x P x D, in float32.
    """
    vectors = features.flatten(2).transpose(1, 2)
    chosen = vectors.gather(1, locations[:, :, None].expand(-1, -1, vectors.shape[2]))
    return normalize(head(chosen).float(), dim=2)


def patchnce(queries: Tensor, keys: Tensor, temperature: float = PATCHNCE_TEMPERATURE) -> Tensor:
    """The cross-entropy of finding the input patch of an output patch among all sampled patches of the same image.

    Park et al. 2020, eq. 2 for one layer: -log(exp(q . k+ / tau) / (exp(q . k+ / tau) + sum of exp(q . k- / tau))),
    averaged over images and locations. Eq. 3 takes the mean over layers.

    Args:
        queries: N x P x D, unit vectors of the output's patches.
        keys: N x P x D, unit vectors of the input's patches at the same locations. No gradient flows into them.
        temperature: tau.
    """
    logits = queries @ keys.detach().transpose(1, 2) / temperature
    positives = torch.arange(queries.shape[1], device=queries.device).repeat(len(queries))
    return cross_entropy(logits.flatten(0, 1), positives)
