"""Family v: both heads alone, with what the pose token makes of the tokens on the way."""

import pytest
import torch
from point3r_archives import archive, assert_equals, setting, tensor, weights

from uniseg3d.models.heads.dpt import DPT
from uniseg3d.models.heads.point3r import PatchPointmapHead, StreamHead, remap_keys
from uniseg3d.models.heads.pointmap import DPTPointmapHead

pytestmark = pytest.mark.full_set
HEADS = ('v_head_linear', 'v_head_dpt')


def width(name, layer):
    return tensor(name, f'in/h{layer}').shape[-1]


def head(name):
    if name == 'v_head_linear':
        local, world = (PatchPointmapHead(width(name, 3), ahead=ahead) for ahead in (True, False))
    else:
        sizes = archive(name)['cfg/dpt_layer_dims'].tolist(), setting(name, 'dpt_feature_dim')
        local, world = (DPTPointmapHead(DPT([width(name, i) for i in range(4)], range(4), *sizes)) for _ in range(2))
    made = StreamHead(local, world, width(name, 3), setting(name, 'dec_heads'))
    made.load_state_dict(remap_keys(weights(name, {'downstream_head.': ''})))
    return made


def layers_of(name):
    """The archive's layers have no pose token but in the last; a decoder's have."""
    last = tensor(name, 'in/h3')
    if name == 'v_head_linear':
        return [torch.zeros_like(last[:, 1:]), last]
    between = (tensor(name, f'in/h{i}') for i in (1, 2))
    return [tensor(name, 'in/h0'), *(torch.cat([layer[:, :1], layer], 1) for layer in between), last]


@torch.no_grad()
@pytest.mark.parametrize('name', HEADS)
def test_a_frame(name):
    size = tuple(archive(name)['in/image_size'].tolist())
    answer = head(name)(layers_of(name), tensor(name, 'in/grid_positions'), size)
    results = {
        'pts3d_in_self_view': answer.local.points,
        'conf_self': answer.local.confidence,
        'camera_pose': answer.pose,
        'pts3d_in_other_view': answer.world.points,
        'conf': answer.world.confidence,
    }
    for key, result in results.items():
        assert_equals(result, tensor(name, f'out/{key}'), key)


@torch.no_grad()
def test_stages_of_the_dense_head():
    name = 'v_head_dpt'
    made, last = head(name), tensor(name, 'in/h3')
    size = tuple(archive(name)['in/image_size'].tolist())
    tokens = [layer if index == 0 else layer[:, 1:] for index, layer in enumerate(layers_of(name))]
    assert_equals(made.local.dpt(tokens, size), tensor(name, 'out/dpt_self_raw'), 'pixels')
    assert_equals(made.pose(last[:, 0]), tensor(name, 'out/pose_raw'), 'pose')
    blocks = list(made.blocks)
    for count in range(len(blocks)):
        made.blocks = torch.nn.ModuleList(blocks[: count + 1])
        steered = made.steer(last[:, 1:], last[:, :1], tensor(name, 'in/grid_positions'))
        assert_equals(steered, tensor(name, f'out/conditioned_tokens/{count}'), f'after block {count}')
