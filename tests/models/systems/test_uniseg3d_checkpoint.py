"""The full-size model has exactly the published entries: their list, shape by shape."""

import ast
import warnings
from collections import Counter
from pathlib import Path

import pytest
import torch

from uniseg3d.engine.config import load_config
from uniseg3d.models.systems.uniseg3d_checkpoint import (
    CONSTANT,
    LOADED,
    MISFIT,
    MISSING,
    NEW,
    RESHAPED,
    UNCOUNTED,
    UNKNOWN,
    adapt_published,
    is_published,
    key_fates,
    own_entry,
)
from uniseg3d.registry import MODELS
from uniseg3d.utils.weights import apply_weights

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / 'configs' / 'uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'


def published_list():
    """626 names with shapes and types; no memory behind them."""
    lines = (Path(__file__).parent / 'uniseg3d_state_dict.txt').read_text().splitlines()
    entries = [line.split('\t') for line in lines if not line.startswith('#')]
    return {n: torch.empty(ast.literal_eval(shape), dtype=getattr(torch, kind), device='meta') for n, shape, kind in entries}


@pytest.fixture(scope='module')
def model():
    with torch.device('meta'):
        return MODELS.build(load_config(CONFIG).model)


def test_every_published_entry_has_its_place(model):
    weights = published_list()
    fates = key_fates(weights, model.state_dict())
    assert len(weights) == 626
    assert Counter(f.fate for f in fates if f.name) == {LOADED: 625, CONSTANT: 1}
    lacking = [f for f in fates if not f.name]
    assert {f.fate for f in lacking} == {NEW} and all(f.own.startswith('queries.click_pooling.') for f in lacking)
    own = model.state_dict()
    assert all(weights[f.name].dtype == own[f.own].dtype for f in fates if f.fate == LOADED)


def test_the_list_loads_strictly(model):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # copies to meta tensors do nothing, and torch says so every time
        assert not apply_weights(model, published_list())


def test_the_sizes_are_the_published_ones(model):
    new = sum(p.numel() for name, p in model.named_parameters() if 'click_pooling' in name)
    total = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert (total - new, trained - new) == (170_978_434, 18_976_642)
    assert sum(p.numel() for p in model.text_encoder.tower.parameters()) == 152_001_792


def test_the_frozen_entries_are_the_text_tower(model):
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    published = {own_entry(n, w)[0] for n, w in published_list().items() if n.startswith('lang.text_encoder.')}
    assert frozen == published - {'lang.text_encoder.text_attn_mask'}


def test_old_layouts_and_odd_entries_are_named(model):
    weights, own = published_list(), model.state_dict()
    weights['input_conv.0.weight'] = weights['input_conv.0.weight'].permute(1, 2, 3, 4, 0)
    weights['decoder.query.weight'] = torch.empty(3, 3)
    weights['unet.conv.2.weight'] = torch.empty(5, 2, 2, 2, 5)
    weights['type_embedding.weight'] = torch.empty(())
    del weights['output_layer.0.num_batches_tracked'], weights['output_layer.0.bias']
    fates = {f.name or f.own: f.fate for f in key_fates(weights, own)}
    assert fates['input_conv.0.weight'] == RESHAPED
    assert fates['decoder.query.weight'] == UNKNOWN
    assert fates['unet.conv.2.weight'] == fates['type_embedding.weight'] == MISFIT
    assert fates['encoder.unet.output_layer.0.num_batches_tracked'] == UNCOUNTED
    assert fates['encoder.unet.output_layer.0.bias'] == MISSING


def test_our_own_names_pass_as_they_are(model):
    state = dict(model.state_dict())
    del state['queries.click_pooling.correction.0.bias']
    assert not is_published(state)
    adapted = adapt_published(state, model.state_dict())
    assert adapted.keys() == state.keys(), 'what our own files lack is not made up'
    assert all(own_entry(name, value) == (name, value) for name, value in model.state_dict().items())
