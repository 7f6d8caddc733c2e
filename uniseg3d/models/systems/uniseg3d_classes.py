"""Heads that know their classes by heart, started from weights for other classes: rows go by the names of the classes."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.models.heads import LinearClassHead, QueryClassHead
from uniseg3d.models.heads.naming import NamingHead
from uniseg3d.utils.errors import CheckpointError


class ClassNames(NamedTuple):
    """Classes in the order of the rows that tell them apart."""

    everything: tuple[str, ...]
    things: tuple[str, ...]


def adapt_class_rows(
    model: nn.Module, weights: Mapping[str, Tensor], before: ClassNames, after: ClassNames
) -> tuple[dict[str, Tensor], str]:
    """``weights`` with the rows that ``model`` has, and what became of them.

    A class that both lists name keeps its row, a new one starts as the model does; rows beyond the classes, "none of them",
    are kept.
    """
    own, adapted = model.state_dict(), dict(weights)
    touched = []
    for name, group in _class_rows(model):
        if name in adapted:
            adapted[name] = _moved(name, adapted[name], own[name], getattr(before, group), getattr(after, group))
            touched.append(name)
    if not touched:
        return adapted, ''
    return adapted, f'other classes than in the file: {_account(before, after)}. Adapted: {", ".join(touched)}'


def _class_rows(model: nn.Module) -> Iterator[tuple[str, str]]:
    """Weights with one row per class, and which classes these are."""
    decoder: Any = model.decoder
    layers = {}
    for name, group in (('class_head', 'things'), ('semantic_head', 'everything')):
        head = getattr(decoder, name)
        if isinstance(head, LinearClassHead):
            layers[f'decoder.{name}.project.{len(head.project) - 1}'] = group
        elif isinstance(head, QueryClassHead):
            layers[f'decoder.{name}.layers.{len(head.layers) - 1}'] = group
    if getattr(decoder, 'superpoint_head', None) is not None:
        layers[f'decoder.superpoint_head.{len(decoder.superpoint_head) - 1}'] = 'everything'
    if isinstance(getattr(decoder, 'name_head', None), NamingHead):
        layers['decoder.name_head.kind'] = 'things'
    for layer, group in layers.items():
        yield from ((f'{layer}.{part}', group) for part in ('weight', 'bias'))


def _moved(name: str, stored: Tensor, own: Tensor, before: tuple[str, ...], after: tuple[str, ...]) -> Tensor:
    beyond = len(own) - len(after)
    if len(stored) != len(before) + beyond or stored.shape[1:] != own.shape[1:]:
        raise CheckpointError(
            f'{name} has shape {tuple(stored.shape)} in the file, which names {len(before)} classes for it, and '
            f'{tuple(own.shape)} in the model with {len(after)}; start from weights of the same network'
        )
    kept = [(place, before.index(label)) for place, label in enumerate(after) if label in before]
    kept += [(len(after) + row, len(before) + row) for row in range(beyond)]
    target, source = torch.tensor(kept).reshape(-1, 2).T
    rows = own.clone()
    rows[target] = stored[source].to(rows)
    return rows


def _account(before: ClassNames, after: ClassNames) -> str:
    groups = {
        'taken over by name': [name for name in after.everything if name in before.everything],
        'new, as they start': [name for name in after.everything if name not in before.everything],
        'left behind': [name for name in before.everything if name not in after.everything],
    }
    return '; '.join(f'{len(names)} {what}: {", ".join(names)}' for what, names in groups.items() if names)
