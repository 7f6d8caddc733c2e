"""An account of what becomes of every entry of a weight file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class KeyFate:
    """What becomes of one entry of a file, or why an entry of the model gets nothing."""

    fate: str
    name: str = ''  # in the file
    own: str = ''  # in the model
    shape: tuple[int, ...] = ()  # in the file


LOADED, UNNEEDED = 'loaded', 'not needed: the model has no use for it'
UNKNOWN, MISFIT = 'unknown to the model', 'of another shape than in the model'
MISSING = 'missing in the file'


def renamed_fates(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], sources: Mapping[str, str], unneeded: Iterable[str]
) -> list[KeyFate]:
    """Fates of ``weights`` for a model whose state is ``own``, where ``sources`` tells the published name of ours.

    One published entry may fill several of ours.
    """
    fates = []
    for target, name in sources.items():
        shape = tuple(weights[name].shape)
        known = target in own
        fits = known and shape == tuple(own[target].shape)
        fates.append(KeyFate(LOADED if fits else MISFIT if known else UNKNOWN, name, target, shape))
    taken, idle = set(sources.values()), set(unneeded)
    left = [(name, value) for name, value in weights.items() if name not in taken]
    fates += [KeyFate(UNNEEDED if name in idle else UNKNOWN, name, '', tuple(value.shape)) for name, value in left]
    return fates + [KeyFate(MISSING, own=name) for name in own if name not in sources]
