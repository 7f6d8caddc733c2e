"""Classes of superpoints."""

import torch.nn.functional as F
from torch import Tensor


def semantic_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of ``logits`` [S, C + 1] with ``labels`` [S]; those of class C are void and never learned."""
    void = logits.shape[1] - 1
    total = F.cross_entropy(logits[:, :void].float(), labels, ignore_index=void, reduction='sum')
    return total / (labels != void).sum().clamp(min=1)
