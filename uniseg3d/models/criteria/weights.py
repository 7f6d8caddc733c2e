"""The numbers and forms that a training is set up with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms; a term of weight 0 is not computed. The defaults are the published ones."""

    classes: float = 0.5  # these three: queries of objects in every head
    entropy: float = 1.0
    dice: float = 4.0
    clicks: float = 0.1  # times the three above, for click and text queries
    texts: float = 0.1
    novel_entropy: float = 0.1  # queries that find pseudo masks; with both 0 these queries count as void
    novel_dice: float = 0.4
    iou: float = 0.1
    semantic: float = 0.2
    superpoints: float = 0.0  # classes of all superpoints from their features alone, where the decoder gives them
    mask_distillation: float = 0.1
    class_distillation: float = 0.1
    contrastive: float = 0.1
    rank: float = 0.1
    open_text: float = 0.0  # pulls objects towards their sentences, so that sentences can name objects

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of queries that learn masks."""
        used = {'scene': True, 'novel': self.novel_entropy or self.novel_dice, 'clicks': self.clicks, 'texts': self.texts}
        return tuple(name for name, weight in used.items() if weight)


@dataclass(frozen=True)
class LossForms:
    """Where the published training deviates from plain means over the scenes of a batch; all off by default."""

    mean_over_present: bool = False  # divide by the scenes that have something for the term, not by all
    auxiliary_dice_over_batch: bool = False  # divide the dice of all heads but the last by the batch size once more
    distill_complete_only: bool = False  # teach masks only in scenes where as many instances are found as clicked
    saturating_distillation: bool = False  # rounded probabilities: logarithms end at -100
    raw_logit_scale: bool = False  # the contrastive temperature without exponential
    sum_ranks: bool = False  # add up the hinges of all pairs of sentences


@dataclass(frozen=True)
class MatchWeights:
    """Weights of the costs of a pair; objects without a class have no class cost."""

    classes: float = 0.5
    entropy: float = 1.0
    dice: float = 1.0
