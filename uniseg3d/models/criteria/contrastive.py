"""Click and sentence of the same object should look alike, and unlike the others of the scene."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.heads.naming import TEMPERATURE, name_logits


def cosine(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of every row of ``first`` [m, D] with every row of ``second`` [T, D]: float32 [m, T]."""
    return F.normalize(first.float(), dim=-1) @ F.normalize(second.float(), dim=-1).T


def naming_entropy(logits: Tensor, answer: Tensor, objects: Tensor) -> Tensor:
    """Mean cross entropy of the rows of ``logits`` [m, T] with their ``answer`` [m], a column; 0 for m = 0.

    Other columns of the same object (``objects`` [T]) and of no single object (-1) are no wrong answers: they are left out.
    """
    twins = ((objects[answer][:, None] == objects) | (objects < 0)).scatter(1, answer[:, None], False)  # [m, T]
    likelihood = logits.masked_fill(twins, float('-inf')).log_softmax(1).gather(1, answer[:, None])
    return -likelihood.sum() / max(len(answer), 1)


def open_text_entropy(shown: Tensor, texts: Tensor, answer: Tensor, objects: Tensor) -> Tensor:
    """How badly ``texts`` [T, E] name what ``shown`` [m, E] is; sentence t is about ``objects[t]``."""
    return naming_entropy(name_logits(shown, texts[:, None]), answer, objects)


def rank_hinge(similarity: Tensor, objects: Tensor) -> Tensor:
    """Sum over i and j of how much closer click i is to sentence j than j's own click: ``similarity`` [m, m] to []."""
    excess = (similarity - similarity.diagonal()).clamp(min=0)
    return excess.masked_fill(objects[:, None] == objects, 0.0).sum()


class ContrastiveCriterion(nn.Module):
    """Contrastive and ranking loss of aligned embeddings.

    ``raw_logit_scale`` multiplies by the parameter itself instead of its exponential; ``sum_ranks`` adds up the hinges of
    all pairs, which grow with the number of sentences, instead of averaging over the sentences.
    """

    def __init__(self, raw_logit_scale: bool = False, sum_ranks: bool = False) -> None:
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / TEMPERATURE)))
        self.raw_logit_scale, self.sum_ranks = raw_logit_scale, sum_ranks

    def forward(self, clicks: Tensor, texts: Tensor, objects: Tensor) -> tuple[Tensor, Tensor]:
        """``clicks`` and ``texts`` [m, D], row by row of the same object; ``objects`` [m] tells which: two losses []."""
        similarity = cosine(clicks, texts)  # [m, m]
        scaled = similarity * (self.logit_scale if self.raw_logit_scale else self.logit_scale.exp().clamp(max=100))
        own = torch.arange(len(objects), device=objects.device)
        contrast = (naming_entropy(scaled, own, objects) + naming_entropy(scaled.T, own, objects)) / 2
        ranks = rank_hinge(similarity, objects)
        return contrast, ranks if self.sum_ranks else ranks / max(len(objects), 1)
