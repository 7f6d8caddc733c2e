"""Keyframes by memory and by retrieval, as a user gets them."""

from argparse import Namespace

import pytest
import torch
from panst3r_models import small_model

from uniseg3d.apis.keyframes import fitting_keyframes, retrieved_keyframes
from uniseg3d.apis.reconstruct import ReconstructOptions, forecast
from uniseg3d.apis.segmented_photos import segment_photos
from uniseg3d.models import DUSt3R
from uniseg3d.utils.errors import CheckpointError, ConfigError

OPTIONS = ReconstructOptions(size=512)


def test_fewer_are_remembered_where_memory_is_short():
    model = small_model()
    model.keyframes = 50
    whole = forecast(model, 80, OPTIONS)
    assert fitting_keyframes(model, 80, OPTIONS, whole) == OPTIONS
    fewer = fitting_keyframes(model, 80, OPTIONS, whole - 1)
    assert fewer.keyframes == 49 and forecast(model, 80, fewer) < whole
    assert fitting_keyframes(model, 80, OPTIONS, 0).keyframes == 2
    assert fitting_keyframes(model, 1, OPTIONS, 0) == OPTIONS
    named = ReconstructOptions(keyframes=30)
    assert fitting_keyframes(model, 80, named, 0) is named  # whoever names a number gets it, or is refused


def test_a_file_that_brings_retrieval_chooses(tmp_path):
    model = small_model()
    width = model.extract_feat([torch.zeros(1, 3, 32, 48)])[0].features.shape[-1]
    weights = {'projector.0.weight': torch.randn(32, width), 'projector.0.bias': torch.zeros(32)}
    codebook = {'state': {'centroids': torch.randn(50, 32)}}
    entry = {'args': Namespace(nfeat=50), 'model': weights, 'asmk_codebook': codebook}
    torch.save({'weights': {'a': torch.zeros(1)}, 'retrieval': entry}, tmp_path / 'a.pth')
    options = retrieved_keyframes(model, tmp_path / 'a.pth', ReconstructOptions(keyframes=2))
    photos = [torch.rand(32, 48, 3).mul(255).byte().numpy() for _ in range(3)]
    found = segment_photos(model, photos, ['chair'], options.choice)
    assert len(found.frames) == 3 and found.frames[0].pointers == 2


def test_who_has_no_retrieval_is_told(tmp_path):
    torch.save({'weights': {'a': torch.zeros(1)}}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='brings no retrieval'):
        retrieved_keyframes(small_model(), tmp_path / 'a.pth', OPTIONS)
    with pytest.raises(ConfigError, match='is for PanSt3R'):
        retrieved_keyframes(DUSt3R.__new__(DUSt3R), tmp_path / 'a.pth', OPTIONS)
