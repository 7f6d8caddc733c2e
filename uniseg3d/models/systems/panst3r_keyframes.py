"""Which views of a scene PanSt3R remembers: as many as there is memory for, and those that differ most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from uniseg3d.geometry.keyframes import choose_keyframes
from uniseg3d.models.decoders.memory_driver import EncodedView, spread_out
from uniseg3d.models.heads.retrieval import Retrieval, retrieval_head
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.torch_files import Inert
from uniseg3d.utils.weights import WeightFile, load_weights

FEWEST = 2
_FLOAT = 4  # bytes
_STRIDE = 2  # pixels of an image per cell of the features that masks are cut out of
_FLOATS = ('f4', 'f8')  # of arrays in files


@dataclass(frozen=True, eq=False)
class KeyframeChoice:
    """Chooses among encoded views.

    Args:
        most: keyframes at most.
        budget: bytes that all keyframes may take together; ``None``: any number.
        retrieval: tells which images show the same things; then those that differ most are taken, in the order in which they
            resemble one another. ``None``: evenly spread.
        first: the image that retrieval starts from.
    """

    most: int = 50
    budget: float | None = None
    retrieval: Retrieval | None = None
    first: int = 0

    def __post_init__(self) -> None:
        if self.most < 1 or (self.budget is not None and self.budget <= 0):
            raise ConfigError(
                f'keyframes: expected at least one at most, and a budget above 0; got {self.most} and {self.budget}'
            )

    def __call__(self, model: Any, views: Sequence[EncodedView]) -> list[int]:
        """Places of the keyframes of ``model``, a PanSt3R, in the order in which it should see them."""
        count = min(self.most, len(views))
        if self.budget is not None:
            count = min(count, affordable(model, views, self.budget))
        if count == 1:
            return [0]
        if self.retrieval is None:
            return spread_out(len(views), count)
        similarity = self.retrieval.similarity([view.features[0] for view in views])
        return choose_keyframes(similarity.cpu().numpy(), count, self.first)


def affordable(model: Any, views: Sequence[EncodedView], budget: float) -> int:
    """Keyframes, two at least, that fit into ``budget`` bytes if they are as large as the largest view."""
    return max(int(budget // max(keyframe_bytes(model, view) for view in views)), FEWEST)


def keyframe_bytes(model: Any, view: EncodedView) -> int:
    """What is kept of a keyframe until all are rendered and its masks are made, in float32.

    Its tokens in the memory, the joint features and what queries look at; features of its pixels, and a mask per query.
    """
    tokens, width = view.features.shape[1:]
    encoders = width if model.image_encoder is None else 2 * width
    per_token = model.token_bytes + _FLOAT * (encoders + model.decoder.dim + model.panoptic.dim)
    channels = model.panoptic.mask_head.embed[-1].out_features + model.panoptic.queries
    cells = (view.size[0] // _STRIDE) * (view.size[1] // _STRIDE)
    return int(tokens * per_token + cells * channels * _FLOAT)


def load_retrieval(path: str | Path) -> Retrieval:
    """The retrieval that a released file of PanSt3R brings along."""
    entry = load_weights(path).metadata.get('retrieval')
    if not isinstance(entry, Mapping):
        raise CheckpointError(f'{path} brings no retrieval; choose keyframes without it, they are evenly spread then')
    return read_retrieval(entry, WeightFile(Path(path), {}, dict(entry)).args, str(path))


def read_retrieval(entry: Mapping[str, Any], args: Mapping[str, Any], source: str) -> Retrieval:
    """Weights of a head and a codebook, in an ``entry`` of a file; ``args`` are its training arguments."""
    codebook = entry.get('asmk_codebook')
    state = codebook.get('state') if isinstance(codebook, Mapping) else None
    centroids = _as_tensor(state.get('centroids')) if isinstance(state, Mapping) else None
    if not isinstance(entry.get('model'), Mapping) or centroids is None:
        raise CheckpointError(f'{source}: expected weights of a retrieval head and the centroids of its codebook')
    weights = {name: value for name, value in entry['model'].items() if isinstance(value, Tensor)}
    residual, kept = bool(args.get('residual', False)), float(args.get('nfeat', 300))
    return Retrieval(retrieval_head(weights, residual, kept), centroids.float())


def _as_tensor(values: Any) -> Tensor | None:
    """A tensor or an array as a tensor, also an array that was read as an inert stand-in; ``None`` if it is neither."""
    if isinstance(values, Tensor):
        return values
    if isinstance(values, Inert) and isinstance(values.state, tuple) and len(values.state) == 5:
        _, shape, kind, by_columns, raw = values.state
        name = str(kind.parts[0]) if isinstance(kind, Inert) and kind.parts else ''
        if name in _FLOATS and isinstance(raw, bytes):
            values = np.frombuffer(raw, name).reshape(shape, order='F' if by_columns else 'C').copy()
    return torch.from_numpy(values) if isinstance(values, np.ndarray) else None
