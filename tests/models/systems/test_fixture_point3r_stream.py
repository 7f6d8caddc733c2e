"""Family iv: whole streams, both heads, ragged memories, both memory rules, both precisions of the encoder's rotation."""

from collections.abc import Iterator

import pytest
import torch
from point3r_archives import archive, assert_equals, setting, tensor, weights
from point3r_models import config

from uniseg3d.models.heads.point3r import FrameAnswer
from uniseg3d.models.systems.point3r import Point3R
from uniseg3d.models.systems.point3r_state import StreamState
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
STREAMS = {'iv_stream_linear_b1': 'b1', 'iv_stream_linear_b2': 'b2', 'iv_stream_dpt_b1': 'b1'}
# Branch: precision of the encoder's rotation, memory rule, tolerance. Positions follow from world points.
BRANCHES = {'out': ('fp16', False, 1e-4), 'out_fp32rope': ('fp32', False, 1e-5), 'out_append_only': ('fp16', True, 1e-4)}
CASES = [(name, branch) for name in STREAMS for branch in ('out', 'out_fp32rope')] + [
    ('iv_stream_linear_b1', 'out_append_only')
]


def model_of(name: str, precision: str, append_only: bool) -> Point3R:
    dense = name.startswith('iv_stream_dpt')
    dpt = (
        {'layer_dims': archive(name)['cfg/dpt_layer_dims'].tolist(), 'dim': setting(name, 'dpt_feature_dim')} if dense else None
    )
    values = [setting(name, key) for key in ('enc_dim', 'dec_dim')]
    heads = tuple(setting(name, key) for key in ('enc_heads', 'dec_heads', 'memory_dec_heads'))
    depths = tuple(setting(name, key) for key in ('enc_depth', 'dec_depth', 'value_depth'))
    model = MODELS.build(config(*values, heads, depths, setting(name, 'pose_slots'), dpt, precision, append_only))
    parameters = {}
    for part in 'ab':
        parameters |= weights(f'iv_stream_{"dpt" if dense else "linear"}_params_{part}', {'': ''})
    apply_weights(model, parameters)
    return model.eval()


def named(answer: FrameAnswer) -> dict[str, torch.Tensor]:
    """A frame's answers under their original names."""
    return {
        'pts3d_in_self_view': answer.local.points,
        'conf_self': answer.local.confidence,
        'camera_pose': answer.pose,
        'pts3d_in_other_view': answer.world.points,
        'conf': answer.world.confidence,
    }


def run(model: Point3R, images: torch.Tensor) -> Iterator[tuple[FrameAnswer, StreamState]]:
    state = None
    with torch.no_grad():
        for frame in images:
            answer, state = model.step(frame, state)
            yield answer, state


@pytest.mark.parametrize(('name', 'branch'), CASES)
def test_a_stream(name: str, branch: str) -> None:
    precision, append_only, tolerance = BRANCHES[branch]
    model, prefix = model_of(name, precision, append_only), f'{STREAMS[name]}/{branch}'
    frames = list(run(model, tensor(name, f'{STREAMS[name]}/in/img')))
    for number, (answer, state) in enumerate(frames):
        for key, result in named(answer).items():
            assert_equals(result, tensor(name, f'{prefix}/{number}/{key}'), f'frame {number}: {key}', tolerance)
        check_memory(state, name, f'{prefix}/{number}', tolerance)
    if append_only:
        assert frames[-1][1].pointers.counts[0] == len(frames) * frames[0][1].pointers.counts[0]


def check_memory(state: StreamState, name: str, prefix: str, tolerance: float) -> None:
    """Pointer counts are exactly the original's, and pointers the same."""
    for stream, count in enumerate(state.pointers.counts):
        if f'{prefix}/num_pointers/{stream}' in archive(name):
            assert count == archive(name)[f'{prefix}/num_pointers/{stream}']
        if f'{prefix}/memory_features/{stream}' in archive(name):
            one = state.pointers.of_stream(stream)
            assert_equals(one.features[0], tensor(name, f'{prefix}/memory_features/{stream}'), 'features', tolerance)
            assert_equals(one.positions[0], tensor(name, f'{prefix}/memory_positions/{stream}'), 'positions', tolerance)


@torch.no_grad()
@pytest.mark.parametrize('name', STREAMS)
def test_features_of_the_encoder(name: str) -> None:
    key = f'{STREAMS[name]}/out/encoder_features_frame'
    given = [number for number in range(2) if f'{key}{number}' in archive(name)]
    images = tensor(name, f'{STREAMS[name]}/in/img')
    for number in given:
        features, _ = model_of(name, 'fp16', False).extract_feat(images[number])
        assert_equals(features, tensor(name, f'{key}{number}'), f'frame {number}', 1e-5)
    assert given or name != 'iv_stream_linear_b1'


@torch.no_grad()
@pytest.mark.parametrize('name', STREAMS)
def test_whole_sequences_give_what_streams_give(name: str) -> None:
    images = tensor(name, f'{STREAMS[name]}/in/img')
    batch = ViewBatch([str(i) for i in range(images.shape[1])], images.transpose(0, 1), [[''] * len(images)] * images.shape[1])
    answers = model_of(name, 'fp16', False)(batch)
    for number in range(len(images)):
        keys = ('pts3d_in_other_view', 'conf', 'pts3d_in_self_view', 'conf_self', 'camera_pose')
        parts = (answers.world, answers.confidence, answers.local, answers.local_confidence, answers.poses)
        for key, part in zip(keys, parts, strict=True):
            assert_equals(part[:, number], tensor(name, f'{STREAMS[name]}/out/{number}/{key}'), f'frame {number}: {key}', 1e-4)
