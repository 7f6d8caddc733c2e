"""Classes of points by texts: from features of a network, from lifted features, or from the surer of both."""

import torch
from torch import Tensor

EPS = 1e-5


def network_logits(features: Tensor, texts: Tensor) -> Tensor:
    """Products [N, K] of ``features`` [N, C] with ``texts`` [K, C]."""
    return features.float() @ texts.float().T


def surer_features(network: Tensor, lifted: Tensor, texts: Tensor) -> Tensor:
    """Of two features of each point, both [N, C], the one whose direction is nearer to a text; [N, C], lengths as they were."""
    sure = [(_unit(features) @ texts.float().T).amax(1) for features in (lifted, network)]
    return torch.where((sure[0] > sure[1])[:, None], lifted.float(), network.float())


def _unit(features: Tensor) -> Tensor:
    features = features.float()
    return features / (features.norm(dim=1, keepdim=True) + EPS)
