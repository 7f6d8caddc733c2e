"""Released weights of SIU3R, and those of other networks that it starts from, under the names of our model."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from uniseg3d.models.decoders import pairwise, text_matcher, video_mask_decoder
from uniseg3d.models.encoders import camera_vit, vit_adapter
from uniseg3d.models.heads import dpt, gaussian
from uniseg3d.models.systems import dust3r_checkpoint
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import KeyFate, renamed_fates
from uniseg3d.utils.renaming import rename
from uniseg3d.utils.weights import apply_weights, load_weights

# Published beginning of names, our part, and how its names are translated. One beginning may lead to several parts.
PARTS: tuple[tuple[str, str, Any], ...] = (
    (r'backbone\.', 'encoder', camera_vit.remap_keys),
    (r'backbone\.', 'decoder', pairwise.remap_keys),
    (r'adapter\.', 'image_adapter', vit_adapter.remap_keys),
    (r'mask2former\.', 'mask_decoder', video_mask_decoder.remap_keys),
    (r'mask2former\.', 'text_matcher', text_matcher.remap_keys),
    *((rf'downstream_head{i + 1}\.', f'centre_heads.{i}', gaussian.remap_centre_keys) for i in range(2)),
    *((rf'gaussian_param_head{i + 1}\.', f'gaussian_heads.{i}', gaussian.remap_keys) for i in range(2)),
)
OUTER = 'model.'  # before all names in files of a whole training
PUBLISHED = ('backbone.', 'mask2former.', 'adapter.spm.')
UNNEEDED = ('lpips.', 'backbone.mask_token', 'mask2former.criterion.')  # of the training alone
# What a geometry file does not have, and what a mask file does not have.
NO_GEOMETRY = ('encoder.camera.', 'gaussian_heads.', 'image_adapter.', 'mask_decoder.', 'text_')
NO_MASKS = (
    *('encoder.', 'decoder.', 'centre_heads.', 'placing.', 'gaussian_heads.'),
    *('mask_decoder.classifier.', 'mask_decoder.pixel_classifier.', 'text_'),
)
NOT_MASKS = ('backbone.', 'mask2former.class_predictor.', 'mask2former.criterion.')  # of files of masks
QUERIES = ('mask_decoder.query_features.weight', 'mask_decoder.query_position.weight')
OUR_DUST3R = {
    r'encoder\.': 'encoder.',
    r'decoder\.': 'decoder.',
    r'heads\.(\d)\.(?:pointmap\.)?dpt\.': r'centre_heads.\1.dpt.',
    r'heads\.(\d)\.mlp\.': r'centre_heads.\1.mlp.',
    r'placing\.': 'placing.',
}
CENTRES, PLACING = 'centre_heads.', 'placing.'
NOT_POINTS = ('.local.', '.local_features.')  # of heads that also describe pixels
LAST_LAYER = '.dpt.head.4.'  # its first three channels are the point, the fourth is the confidence
RAY_LAYER = '.mlp.fc2.'  # of four channels per pixel the third is the depth


def is_published(weights: Iterable[str]) -> bool:
    """Whether names are the original's."""
    return any(name.removeprefix(OUTER).startswith(PUBLISHED) for name in weights)


def remap_keys(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Published ``weights`` under our names, without those that the model has no use for."""
    return {f'{ours}.{name}': value for theirs, ours, convert in PARTS for name, value in _part(weights, theirs, convert)}


def _part(weights: Mapping[str, Any], beginning: str, convert: Any) -> Iterable[tuple[str, Any]]:
    return convert(rename(weights, {beginning: ''})).items()


def adapt_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` under our names; those that have them pass as they are, and so do unknown ones, for the loader to refuse."""
    if not is_published(weights):
        return dict(weights)
    weights = _prepared(weights)
    sources = _sources(weights)
    left = weights.keys() - sources.values() - unneeded_names(weights)
    return {own: weights[name] for own, name in sources.items()} | {name: weights[name] for name in sorted(left)}


def _prepared(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the outermost prefix; projections that are one layer of ours joined."""
    return video_mask_decoder.joined({name.removeprefix(OUTER): value for name, value in weights.items()})


def _sources(weights: Iterable[str]) -> dict[str, str]:
    """The published name behind each of ours."""
    return remap_keys({name: name for name in weights})


def unneeded_names(weights: Iterable[str]) -> set[str]:
    """Published entries that are given twice, or that the network never reads."""
    return {name for name in weights if name.startswith(UNNEEDED) or '.layer_rn.' in name or f'.{dpt.IDLE}' in name}


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for."""
    prepared = _prepared(weights)
    fates = renamed_fates(prepared, own, _sources(prepared), unneeded_names(prepared))
    return [part for fate in fates for part in _parts_of(fate, weights)]


def _parts_of(fate: KeyFate, weights: Mapping[str, Tensor]) -> list[KeyFate]:
    """A joined entry as the entries of the file that it was joined from; others under their names in the file."""
    first = fate.name.replace('.self_attn.in_proj_', video_mask_decoder.SPLIT)
    names = [fate.name] if first == fate.name else video_mask_decoder.split_names(first)
    found = [name for bare in names for name in (bare, OUTER + bare) if name in weights]
    return [KeyFate(fate.fate, name, fate.own, tuple(weights[name].shape)) for name in found] or [fate]


def load_geometry(model: nn.Module, path: str | Path) -> str:
    """Fill encoder, decoder and centre heads from DUSt3R's or MASt3R's file, or from a DUSt3R that was trained here.

    Centre heads start anew where those of the file are of another kind. Returns what was done. Anything that differs
    otherwise is an error: what such files lack is known.
    """
    named = _dust3r_names(path)
    ours = {name: _points_of(name, value) for name, value in rename(named, OUR_DUST3R).items()}
    known = model.state_dict().keys()
    anew = tuple(part for part in (CENTRES, PLACING) if not any(name in known for name in ours if name.startswith(part)))
    ours = {name: value for name, value in ours.items() if not name.startswith(anew)}
    absent, unread = (*NO_GEOMETRY, *anew), (*NOT_POINTS, 'heads.') if CENTRES in anew else NOT_POINTS
    left = [name for name in named if not rename({name: 0}, OUR_DUST3R) and not any(part in name for part in unread)]
    return _fill(model, ours, absent, left, f'{path} holds no DUSt3R or MASt3R that this model could start from')


def load_encoder(model: nn.Module, path: str | Path) -> str:
    """Fill the encoder alone from such a file."""
    ours = {name: value for name, value in _dust3r_names(path).items() if name.startswith('encoder.')}
    absent = ('encoder.camera.', 'image_adapter.', 'mask_decoder.')
    return _fill(model, ours, absent, [], f'{path} holds no encoder that this model could start from')


def _dust3r_names(path: str | Path) -> dict[str, Tensor]:
    """A file of DUSt3R, released or trained here, under the names of our DUSt3R."""
    weights = load_weights(path).state_dict
    return dust3r_checkpoint.adapt_published(weights) if dust3r_checkpoint.is_published(weights) else weights


def _points_of(name: str, value: Tensor) -> Tensor:
    """Of an entry of a head what places points; confidences are left, and so are corrections of rays, which are known."""
    if name.startswith(CENTRES) and RAY_LAYER in name:
        return value.unflatten(0, (4, -1))[2]
    return value[:3] if LAST_LAYER in name else value


def load_masks(model: nn.Module, path: str | Path) -> str:
    """Fill image adapter and mask decoder from the file of their pre-training, the published one or that of a ``SIU3RHead``,
    all but the classes.

    Queries of the file become the first of the model's; if that has more, the others stay as they start.
    """
    weights = _prepared(load_weights(path).state_dict)
    sources = _sources(weights) if is_published(weights) else {name: name for name in weights}
    ours = {own: weights[name] for own, name in sources.items() if not own.startswith(NO_MASKS)}
    for name in QUERIES:
        if name in ours:
            ours[name] = _first_rows(ours[name], model.state_dict()[name])
    left = [name for name in weights if name not in sources.values() and not name.startswith(NOT_MASKS + UNNEEDED)]
    return _fill(
        model, ours, NO_MASKS, left, f'{path} holds no image adapter and mask decoder that this model could start from'
    )


def _first_rows(rows: Tensor, table: Tensor) -> Tensor:
    """``table`` with its first rows replaced by ``rows``, as many as there are."""
    if rows.ndim != 2 or rows.shape[1] != table.shape[1]:
        return rows  # for the loader to refuse
    count = min(len(rows), len(table))
    return torch.cat([rows[:count].to(table), table[count:]])


def _fill(model: nn.Module, weights: Mapping[str, Tensor], absent: tuple[str, ...], left: list[str], sentence: str) -> str:
    mismatch = apply_weights(model, weights, allow_mismatch=True)
    mismatch.unexpected += left
    fresh = [name for name in mismatch.missing if name.startswith(absent)]
    mismatch.missing = [name for name in mismatch.missing if not name.startswith(absent)]
    if mismatch:
        raise CheckpointError(f'{sentence}: {mismatch}')
    return f'{len(weights)} entries, {len(fresh)} stay as they start'
