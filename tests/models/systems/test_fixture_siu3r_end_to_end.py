"""The complete network for two views at its released size: weights made by the archive's recipe, tensor by tensor."""

import math
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from siu3r_archives import archive, assert_equals, listed, tensor

import uniseg3d.models  # noqa: F401  # before anything is made on the meta device
from uniseg3d.geometry.cameras import denormalize_intrinsics
from uniseg3d.geometry.quaternion import real_first
from uniseg3d.models.systems.siu3r_checkpoint import adapt_published
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch

pytestmark = [pytest.mark.full_set, pytest.mark.long]
NAME = 'end_to_end'
BASE = Path(__file__).parents[3] / 'configs' / '_base_' / 'models' / 'siu3r.py'
GAINS = {'class_predictor': 6.0, 'mask_embedder.2': 2.0}
EVERY = 521


def generated(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    salt = bytes(archive(NAME)['in/salt']).decode()
    for level in range(4):
        name = name.replace(f'scratch.layer_rn.{level}.', f'scratch.layer{level + 1}_rn.')
    if name.endswith('num_batches_tracked'):
        return torch.zeros(shape, dtype=torch.int64)
    if name.endswith('empty_weight'):
        return torch.cat([torch.ones(shape[0] - 1), torch.tensor([0.1])])
    size = math.prod(shape)
    u = np.random.default_rng(zlib.crc32((salt + name).encode())).random(size, dtype=np.float32).reshape(shape)
    return torch.from_numpy(_scaled(name, u - np.float32(0.5)))


def _scaled(name: str, u: np.ndarray) -> np.ndarray:
    for ending, make in (
        ('running_mean', lambda: np.float32(0.2) * u),
        ('running_var', lambda: np.float32(1) + u),
        ('sampling_offsets.bias', lambda: np.float32(4) * u),
    ):
        if name.endswith(ending):
            return make()
    if u.ndim <= 1:
        return np.float32(1) + np.float32(0.2) * u if name.endswith('weight') else np.float32(0.2) * u
    if 'queries_' in name:
        return np.float32(3) * u
    return u * np.float32(2 * _gain(name) * math.sqrt(3 / (u.size / u.shape[0])))


def _gain(name: str) -> float:
    if 'head.4' in name:
        return 0.5 if name.startswith('downstream_head') else 3.0
    return next((gain for part, gain in GAINS.items() if part in name), 1.0)


@pytest.fixture(scope='module')
def model() -> torch.nn.Module:
    with torch.device('meta'):
        made = MODELS.build(Config.fromfile(BASE).model)
    state = adapt_published({name: generated(name, shape) for name, shape in listed().items()})
    made.load_state_dict(state, strict=True, assign=True)
    return made.eval()


def batch() -> ViewBatch:
    small = tensor(NAME, 'in/image_u8_32x32')
    images = small.repeat_interleave(8, 2).repeat_interleave(8, 3).float() / 255  # [2, 3, 256, 256]
    cameras = denormalize_intrinsics(tensor(NAME, 'in/intrinsics').double(), *images.shape[-2:]).float()
    return ViewBatch(['pair'], 2 * images[None] - 1, [['0', '1']], intrinsics=cameras[None])


def assert_like(found: torch.Tensor, key: str, least: float = 2e-5) -> None:
    """Within ``least`` of the largest value, or ten times what float32 itself loses."""
    expected = tensor(NAME, f'out/{key}')
    known = float(archive(NAME)[f'absdiff_f32_f64/{key.removesuffix("_f32")}'])
    assert_equals(found, expected, key, max(least, 10 * known / float(expected.abs().max())))


@torch.no_grad()
def test_every_stage(model):
    pair = batch()
    images = model._shown(pair.images)
    tokens = model.extract_feat(images, pair.intrinsics)
    check_encoder(tokens)
    layers = model._layers(tokens, (1, 2))
    for number in (6, 9, 12):
        for view in (0, 1):
            assert_like(layers[view][number][0, ::16, ::16], f'dec{number}_view{view + 1}_tok16_ch16')
    raw = model._raw(layers, images)[0]
    for view in (0, 1):
        assert_like(raw[view].permute(2, 0, 1)[:, ::32, ::32], f'gs_raw_view{view + 1}_px32')
    gaussians = model.gaussian_adapter(model._points(layers, pair.size, pair.intrinsics)[0], raw)
    names = ('means', 'covariances', 'harmonics', 'opacities', 'scales')
    for name in names:
        assert_like(getattr(gaussians, name)[::EVERY], f'gaussian_{name}_every{EVERY}')
    stored = real_first(tensor(NAME, f'out/gaussian_rotations_every{EVERY}'))
    assert_equals(gaussians.quaternions[::EVERY], stored, 'rotations', 1e-4)
    check_masks(model, images, tokens)


def check_encoder(tokens):
    for view in (0, 1):
        assert_like(tokens.tokens[view, :-1][::16, ::16], f'enc_feat_view{view + 1}_tok16_ch16')
    for block in (5, 11, 17, 23):
        assert_like(tokens.inner[block][0, ::16, ::16], f'all_feat{block}_view1_tok16_ch16')


def check_masks(model, images, tokens):
    maps = model.image_adapter(images.flatten(0, 1), tokens.inner)
    for number, map_ in enumerate(maps, 1):
        assert_like(map_[0, ::64, ::4, ::4], f'adapter_f{number}_view1_ch64_px4')
    features, levels = model.mask_decoder.pixel_decoder(maps)
    for number, level in enumerate(levels):
        assert_like(level[:, ::16, ::4, ::4], f'pixel_decoder_level{number}_ch16_px4')
    assert_like(features[:, ::16, ::8, ::8], 'mask_features_ch16_px8')
    (scene,) = model.mask_decoder([map_[None] for map_ in maps], all_heads=True)
    for head in (0, 1, 9):
        assert_like(scene.masks(head)[::10, :, ::8, ::8], f'mask_logits_pred{head}_q10_px8', 1e-4)
    assert_like(scene.classes(9), 'class_logits_pred9', 1e-4)


@torch.no_grad()
def test_the_scene(model):
    (scene,) = model(batch(), 'predict')
    found, segments = scene.gaussians, scene.segments
    expected = tensor(NAME, 'out/segmentation_px4').long()
    assert (segments.maps[:, ::4, ::4] != expected).float().mean() < 1e-3
    rows = torch.stack([segments.ids, segments.labels], 1)
    assert torch.equal(rows, tensor(NAME, 'info_f32/id_label_fused')[:, :2])
    assert_equals(segments.scores, tensor(NAME, 'info_f32/score'), 'scores', 1e-4)
    table = found.masks[::EVERY, :, None] * found.mask_classes
    assert_equals(table, tensor(NAME, f'out/table_every{EVERY}'), 'table', 1e-4)
    assert torch.equal(found.instance[::EVERY] > 0, found.semantic[::EVERY] > 0)
