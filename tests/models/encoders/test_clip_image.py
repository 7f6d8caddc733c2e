"""CLIP's image tower: the same features as open_clip's own model, frozen, from local files only."""

import pytest
import torch

from uniseg3d.models.encoders.clip_image import ClipImage
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.mmengine_compat import import_open_clip

SIZE = 32
TEXT = {'width': 16, 'heads': 2, 'layers': 1, 'vocab_size': 100}
VISION = {'layers': 1, 'width': 16, 'head_width': 8, 'image_size': SIZE, 'patch_size': 16}
TINY = {'embed_dim': 12, 'text_cfg': TEXT, 'vision_cfg': VISION}


@pytest.fixture(scope='module')
def whole():
    torch.manual_seed(1)
    return import_open_clip().CLIP(embed_dim=12, vision_cfg=dict(VISION), text_cfg=dict(TEXT)).eval()


def saved(tmp_path, state):
    path = tmp_path / 'open_clip_pytorch_model.bin'
    torch.save(state, path)
    return path


@pytest.mark.parametrize('prefix', ['visual.', ''])
def test_the_same_features_as_the_whole_model(whole, tmp_path, prefix):
    visual = {f'{prefix}{name}': value for name, value in whole.visual.state_dict().items()}
    image = ClipImage(TINY, saved(tmp_path, whole.state_dict() if prefix else visual))
    pictures = torch.rand(3, 3, SIZE, SIZE)
    open_clip = import_open_clip()
    mean, std = (torch.tensor(getattr(open_clip, f'OPENAI_DATASET_{name}'))[:, None, None] for name in ('MEAN', 'STD'))
    with torch.no_grad():
        torch.testing.assert_close(image(pictures), whole.encode_image((pictures - mean) / std))
    assert image.size == SIZE and image.width == 12


def test_pictures_of_any_size_and_none():
    image = ClipImage(TINY)
    flat = torch.full((2, 3, 50, 70), 0.3)
    torch.testing.assert_close(image(flat), image(flat[..., :SIZE, :SIZE]))
    assert image(flat[:0]).shape == (0, 12)


def test_it_never_trains():
    image = ClipImage(TINY).train()
    assert not image.tower.training and not any(weight.requires_grad for weight in image.parameters())
    assert not image(torch.rand(1, 3, SIZE, SIZE, requires_grad=True)).requires_grad


def test_files_that_are_missing_or_hold_something_else(whole, tmp_path):
    with pytest.raises(CheckpointError, match='do not exist'):
        ClipImage(TINY, tmp_path / 'nothing.bin')
    larger = {**TINY, 'vision_cfg': {**VISION, 'layers': 2}}
    with pytest.raises(CheckpointError, match='does not hold this image tower'):
        ClipImage(larger, saved(tmp_path, whole.state_dict()))


def test_towers_that_are_none():
    with pytest.raises(ConfigError, match='did you mean'):
        ClipImage('ViT-B-33')
    with pytest.raises(ConfigError, match='vision_cfg'):
        ClipImage({'embed_dim': 12, 'text_cfg': TEXT})
