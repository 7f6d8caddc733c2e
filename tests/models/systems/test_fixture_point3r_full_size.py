"""Family iv at the released size: weights made by the archives' recipe, tensor by tensor."""

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from point3r_archives import archive, assert_equals, listed, tensor

from uniseg3d.models.systems.point3r_checkpoint import published_names
from uniseg3d.registry import MODELS

pytestmark = [pytest.mark.full_set, pytest.mark.long]
NAME = 'iv_stream_full_size_recipe'
BASE = Path(__file__).parents[3] / 'configs' / '_base_' / 'models' / 'point3r.py'
SPREAD = ('pose_token', 'pose_retriever.mem', 'pose_retriever.masked_token')
LAST_PIXELS = ('downstream_head.dpt_self.head.4.weight', 'downstream_head.dpt_cross.head.4.weight')


def generated(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    random = np.random.RandomState((zlib.crc32(name.encode()) ^ seed) & 0xFFFFFFFF)
    x = random.standard_normal(shape)
    if name.endswith('bias'):
        x *= 0.02
    elif len(shape) == 1:
        x = 1 + 0.05 * x
    elif name in SPREAD:
        x *= 0.2
    else:
        x /= np.sqrt(np.prod(shape[1:]))
    x = x.astype(np.float32)
    return x * np.float32(0.15) if name in LAST_PIXELS else x


@pytest.fixture(scope='module')
def model() -> torch.nn.Module:
    with torch.device('meta'):
        made = MODELS.build(Config.fromfile(BASE).model)
    seed = int(archive(NAME)['cfg/recipe_seed'])
    state = {own: torch.from_numpy(generated(name, listed()[name], seed)) for own, name in published_names(listed()).items()}
    made.load_state_dict(state, strict=True, assign=True)
    return made.eval()


@torch.no_grad()
@pytest.mark.parametrize(('branch', 'precision', 'tolerance'), [('out', 'fp16', 1e-4), ('out_fp32rope', 'fp32', 1e-5)])
def test_three_frames(model, branch, precision, tolerance):
    model.encoder.rope = replace(model.encoder.rope, precision=precision)
    state = None
    for number, image in enumerate(tensor(NAME, 'b1/in/img')):
        answer, state = model.step(image, state)
        results = {
            'pts3d_in_self_view': answer.local.points,
            'conf_self': answer.local.confidence,
            'camera_pose': answer.pose,
            'pts3d_in_other_view': answer.world.points,
            'conf': answer.world.confidence,
            'memory_positions/0': state.pointers.positions[0],
            'memory_features/0': state.pointers.features[0],
        }
        for key, result in results.items():
            if f'b1/{branch}/{number}/{key}' in archive(NAME):
                assert_equals(result, tensor(NAME, f'b1/{branch}/{number}/{key}'), f'frame {number}: {key}', tolerance)
        if f'b1/{branch}/{number}/num_pointers/0' in archive(NAME):
            assert state.pointers.counts[0] == archive(NAME)[f'b1/{branch}/{number}/num_pointers/0']
