"""The query decoder of UniSeg3D against the original's numbers."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.models.decoders.query_decoder import QueryDecoder, remap_keys
from uniseg3d.models.layers.masks import outside
from uniseg3d.structures import MaskOutput, QuerySet
from uniseg3d.utils.weights import apply_weights

SCENES = (0, 1)
FIELDS = {'mask': 'masks', 'embed': 'embeddings', 'cls': 'classes', 'sem': 'semantic'}


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('uniseg3d') / 'i_decoder.npz') as file:
        return {name: file[name] for name in file.files}


def tensor(name: str, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(archive()[name]).to(dtype)


def original_decoder(dtype: torch.dtype) -> QueryDecoder:
    layers, channels, dim, heads, hidden, things, classes = archive()['config'].tolist()
    embedded = tensor('cls_embed_file', torch.float32)
    head = {'type': 'OpenClassHead', 'dim': dim, 'embed_dim': embedded.shape[2]}
    decoder = QueryDecoder(channels, head, head, dim=dim, heads=heads, hidden=hidden, layers=layers)
    published = {f'decoder.{name[2:]}': torch.from_numpy(w) for name, w in archive().items() if name.startswith('w/')}
    weights = remap_keys(published)
    assert len(weights) == len(published)
    apply_weights(decoder, weights)  # strict
    decoder.class_head.set_classes(embedded[classes - things :])
    decoder.semantic_head.set_classes(embedded)
    return decoder.to(dtype).eval()


def answers(scene: int, dtype: torch.dtype, all_heads: bool = True) -> list[MaskOutput]:
    features, queries = (tensor(f'in/{name}/{scene}', dtype) for name in ('feats', 'queries'))
    names = {'scene': 'n_generic', 'clicks': 'n_clicks', 'texts': 'n_texts'}
    counts = {group: int(archive()[name][scene]) for group, name in names.items()}
    with torch.no_grad():
        asked = QuerySet(queries, counts, torch.full((len(queries),), -1))
        return original_decoder(dtype)(features, asked, all_heads=all_heads)


@pytest.mark.parametrize('scene', SCENES)
def test_every_head_in_float64(scene: int) -> None:
    outputs = answers(scene, torch.float64)
    assert len(outputs) == archive()['config'][0] + 1
    compared = 0
    for number, output in enumerate(outputs):
        for name, field in FIELDS.items():
            key = f'out/head{number}/{name}/{scene}'
            if key not in archive():
                assert getattr(output, field) is None, key
                continue
            difference = (getattr(output, field) - tensor(key, torch.float64)).abs().max()
            assert difference < 1e-5, key
            compared += 1
        assert torch.equal(outside(output.masks), tensor(f'out/head{number}/attn_mask/{scene}', torch.bool))
    assert compared == 3 * len(outputs) + 1


@pytest.mark.parametrize('scene', SCENES)
def test_prediction_gives_the_last_head_only(scene: int) -> None:
    (final,), everything = answers(scene, torch.float64, all_heads=False), answers(scene, torch.float64)
    for field in FIELDS.values():
        assert torch.equal(getattr(final, field), getattr(everything[-1], field))


@pytest.mark.parametrize('scene', SCENES)
def test_last_head_in_float32(scene: int) -> None:
    final = answers(scene, torch.float32)[-1]
    for name in ('mask', 'cls', 'sem'):
        expected = tensor(f'out32/last/{name}/{scene}', torch.float32)
        difference = (getattr(final, FIELDS[name]) - expected).abs().amax(1)  # per query: a threshold may flip for one
        assert difference.median() < 1e-4 and difference.quantile(0.95) < 1e-3, name
