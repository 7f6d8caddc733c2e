"""Keyframes by number, by memory and by what images share."""

from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from panst3r_models import small_model
from torch import nn

from uniseg3d.models.decoders.memory_driver import EncodedView
from uniseg3d.models.heads.retrieval import Retrieval, RetrievalHead
from uniseg3d.models.systems.panst3r_keyframes import KeyframeChoice, affordable, keyframe_bytes, load_retrieval, read_retrieval
from uniseg3d.utils.errors import CheckpointError, ConfigError


def published_size() -> SimpleNamespace:
    """What counts of the second release."""
    head = SimpleNamespace(embed=[nn.Linear(1, 384)])
    panoptic = SimpleNamespace(dim=768, mask_head=head, queries=200)
    decoder = SimpleNamespace(dim=768)
    return SimpleNamespace(token_bytes=2 * 12 * 768 * 4, image_encoder=True, panoptic=panoptic, decoder=decoder)


def view(features: torch.Tensor, size: tuple[int, int]) -> EncodedView:
    return EncodedView(features, torch.zeros(features.shape[1], 2), size)


def test_a_keyframe_of_the_released_model_takes_what_its_parts_take():
    large = view(torch.zeros(1, 768, 1024), (384, 512))
    memory, joint, level, pixels, masks = 56.6, 8.65, 2.36, 75.5, 39.3  # megabytes
    assert keyframe_bytes(published_size(), large) / 1e6 == pytest.approx(memory + joint + level + pixels + masks, rel=0.01)
    assert affordable(published_size(), [large], 10e9) == 54
    assert affordable(published_size(), [large], 1) == 2


def scene(model, count: int) -> list[EncodedView]:
    generator = torch.Generator().manual_seed(0)
    return model.extract_feat([torch.rand(1, 3, 32, 48, generator=generator) * 2 - 1 for _ in range(count)])


@torch.no_grad()
def test_the_budget_limits_the_number():
    model = small_model()
    views = scene(model, 7)
    each = keyframe_bytes(model, views[0])
    assert KeyframeChoice(budget=3.5 * each)(model, views) == [0, 3, 6]
    assert KeyframeChoice(budget=100 * each)(model, views) == list(range(7))
    assert KeyframeChoice(most=1)(model, views) == [0]


@torch.no_grad()
def test_retrieval_takes_images_that_differ():
    model = small_model()
    views = scene(model, 3)
    twins = [views[0], views[0], views[1], views[1], views[2]]
    torch.manual_seed(0)
    width = views[0].features.shape[-1]
    retrieval = Retrieval(RetrievalHead(nn.Sequential(nn.Linear(width, 32)), features=50), torch.randn(100, 32))
    chosen = KeyframeChoice(most=3, retrieval=retrieval)(model, twins)
    assert {place // 2 for place in chosen} == {0, 1, 2}  # none of them twice
    assert chosen == KeyframeChoice(most=3, retrieval=retrieval)(model, twins)


def test_choices_that_make_no_sense_are_refused():
    for wrong in ({'most': 0}, {'budget': 0.0}):
        with pytest.raises(ConfigError, match='expected at least one at most'):
            KeyframeChoice(**wrong)


def entry(centroids: object) -> dict[str, object]:
    weights = {'projector.0.weight': torch.eye(4), 'projector.0.bias': torch.zeros(4), 'note': 'text'}
    args = Namespace(nfeat=2, residual=True, hdims='4')
    return {'args': args, 'model': weights, 'asmk_codebook': {'type': 'Codebook', 'state': {'centroids': centroids}}}


@pytest.mark.parametrize('kind', ['tensor', 'array', 'columns'])
def test_a_file_brings_its_retrieval(tmp_path, kind):
    values = torch.arange(12.0).view(3, 4)
    stored = {'tensor': values, 'array': values.numpy(), 'columns': np.asfortranarray(values.numpy())}[kind]
    torch.save({'args': Namespace(), 'weights': {'a': torch.zeros(1)}, 'retrieval': entry(stored)}, tmp_path / 'a.pth')
    found = load_retrieval(tmp_path / 'a.pth')
    assert torch.equal(found.centroids, values) and found.head.features == 2 and found.head.residual


def test_files_without_retrieval_say_so(tmp_path):
    torch.save({'weights': {'a': torch.zeros(1)}}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='brings no retrieval'):
        load_retrieval(tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match=r'b\.pth: expected weights of a retrieval head and the centroids'):
        read_retrieval(entry(None), {}, 'b.pth')
