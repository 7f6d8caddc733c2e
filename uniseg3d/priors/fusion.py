"""Features of several experts as one, point by point, by how good each expert is at what they all see there."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.utils.errors import ConfigError, DataError

CHUNK = 2**18  # points that are fused at once


@dataclass(frozen=True, eq=False)
class FusedFeatures:
    """M points as E experts see them together."""

    features: Tensor  # [M, C], type of the first expert's
    weights: Tensor  # [M, E] float32
    classes: Tensor  # [M, E] int64, class of the vocabulary that each expert's feature is nearest to


@dataclass(frozen=True)
class FusionOptions:
    """How experts are weighed.

    Args:
        temperature: of the softmax over shares; the published 0.05 turns 55:45 into 88:12.
        keep_first: class of the vocabulary where the first expert's feature stays as it is ('other'); None = nowhere.
        unit_length: weigh directions, not features: an expert whose features are longer has no more to say.
        weigh_blank: let an expert without a feature at a point take part, as the published program does; its zeros then
            count as the vocabulary's first class.
    """

    temperature: float = 0.05
    keep_first: int | None = None
    unit_length: bool = False
    weigh_blank: bool = False


def fuse_features(
    features: Sequence[Tensor], capabilities: Tensor, texts: Tensor, options: FusionOptions | None = None
) -> FusedFeatures:
    """Fuse ``features``, one [M, C] for each of E experts.

    The candidates at a point are the classes that the experts see there; an expert weighs as much as it is capable of those,
    by ``capabilities`` [E, K]. ``texts`` [K, C]: the vocabulary.
    """
    options = options or FusionOptions()
    _check(features, capabilities, texts)
    count = len(features[0])
    parts = [
        _fuse([values[start : start + CHUNK] for values in features], capabilities, texts, options)
        for start in range(0, max(count, 1), CHUNK)
    ]
    return FusedFeatures(*(torch.cat(part) for part in zip(*parts, strict=True)))


def _fuse(
    features: Sequence[Tensor], capabilities: Tensor, texts: Tensor, options: FusionOptions
) -> tuple[Tensor, Tensor, Tensor]:
    stacked = torch.stack([values.float() for values in features], 1)  # [M, E, C]
    classes = (stacked @ texts.float().T).argmax(2)  # [M, E]
    present = torch.ones_like(classes, dtype=torch.bool) if options.weigh_blank else stacked.ne(0).any(2)
    weights = expert_weights(classes, present, capabilities.to(stacked.device), options.temperature)
    values = F.normalize(stacked, dim=2) if options.unit_length else stacked
    fused = torch.einsum('me,mec->mc', weights, values)
    if options.keep_first is not None:
        kept = (classes[:, 0] == options.keep_first) & present[:, 0]
        fused = torch.where(kept[:, None], stacked[:, 0], fused)
    return fused.to(features[0].dtype), weights, classes


def expert_weights(classes: Tensor, present: Tensor, capabilities: Tensor, temperature: float) -> Tensor:
    """Weights [M, E] float32 that add up to one, from candidate ``classes`` [M, E]; experts that are not ``present`` have none.

    Where no expert is capable of any candidate, those that are present weigh alike; where none is present, all do.
    """
    present = present | ~present.any(1, keepdim=True)
    skill = capabilities.double()[:, classes]  # [E, M, E]: of each expert for each candidate
    skill = (skill * present).sum(2).T * present  # [M, E]
    total = skill.sum(1, keepdim=True)
    share = torch.where(total > 0, skill / total, 1 / present.sum(1, keepdim=True))
    return (share / temperature).masked_fill(~present, -torch.inf).softmax(1).float()


def _check(features: Sequence[Tensor], capabilities: Tensor, texts: Tensor) -> None:
    if not features:
        raise ConfigError('there are no experts to fuse; name one at least')
    shapes = [tuple(values.shape) for values in features]
    if len(set(shapes)) > 1 or shapes[0][1] != texts.shape[1]:
        raise DataError(
            f'features of the experts have shapes {shapes}, texts {texts.shape[1]} channels; expected one feature for each '
            'point, of the width of the texts: lift all experts with the same frames, in the same space'
        )
    if capabilities.shape != (len(features), len(texts)):
        raise DataError(
            f'capabilities have shape {tuple(capabilities.shape)}; expected {(len(features), len(texts))}, one for each expert '
            'and class of the vocabulary'
        )
    if not capabilities.isfinite().all() or (capabilities < 0).any():
        raise DataError('capabilities must be finite and not negative; measure them again')
