"""Two-view models: modes, independence, sizes, gradients, precisions."""

from pathlib import Path

import pytest
import torch
from dust3r_models import tiny_model

from uniseg3d.engine.config import load_config
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.models.systems.dust3r import DUSt3R
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

CONFIGS = Path(__file__).parents[3] / 'configs'


def batch(pairs=2, views=2, height=32, width=48, **known):
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(pairs, views, 3, height, width, generator=generator) * 2 - 1
    return ViewBatch([f'pair{i}' for i in range(pairs)], images, [[str(v) for v in range(views)]] * pairs, **known)


def test_shapes_and_ranges():
    answers = tiny_model()(batch())
    assert answers.world.shape == (2, 2, 32, 48, 3) and answers.confidence.shape == (2, 2, 32, 48)
    assert (answers.confidence >= 1).all() and answers.local is None


def test_pairs_do_not_meet():
    model, both = tiny_model(), batch()
    alone = ViewBatch(both.scene_ids[1:], both.images[1:], both.names[1:])
    torch.testing.assert_close(model(both).world[1], model(alone).world[0], atol=1e-5, rtol=1e-5)


def test_the_first_image_is_special():
    model, both = tiny_model(), batch()
    turned = ViewBatch(both.scene_ids, both.images.flip(1), both.names)
    assert not torch.allclose(model(both).world, model(turned).world.flip(1), atol=1e-3)


def test_predicting_looks_at_images_only():
    """Truth that is nonsense changes nothing."""
    known = {'depth': torch.full((2, 2, 32, 48), float('nan')), 'camera_to_world': torch.full((2, 2, 4, 4), float('nan'))}
    model = tiny_model()
    torch.testing.assert_close(model(batch(**known), 'predict').world, model(batch(), 'predict').world)


@pytest.mark.parametrize('describe', [False, True])
def test_images_of_different_sizes(describe):
    """A portrait stays upright."""
    model, sizes = tiny_model(describe), [(32, 48), (64, 16)]
    views = [model.extract_feat(torch.rand(1, 3, *size)) for size in sizes]
    first, second = model.decode(views, sizes)
    assert first.points.shape == (1, 32, 48, 3) and second.points.shape == (1, 64, 16, 3)
    if describe:
        assert second.descriptors.shape == (1, 64, 16, 5) and (second.descriptor_confidence > 0).all()
        torch.testing.assert_close(second.descriptors.norm(dim=-1), torch.ones(1, 64, 16))


def test_three_images_look_at_one_another():
    model, three = tiny_model(), batch(1, 3)
    answers = model(three)
    assert answers.world.shape == (1, 3, 32, 48, 3)
    swapped = ViewBatch(three.scene_ids, three.images[:, [0, 2, 1]], three.names)
    torch.testing.assert_close(model(swapped).world, answers.world[:, [0, 2, 1]], atol=1e-5, rtol=1e-5)


def test_one_image_has_no_other():
    with pytest.raises(DataError, match='at least two'):
        tiny_model()(batch(1, 1))


def test_training_reaches_every_parameter():
    model = tiny_model(criterion={'type': 'PointmapCriterion'}).train()
    truth = {
        'depth': torch.rand(2, 2, 32, 48) + 1,
        'camera_to_world': torch.eye(4).expand(2, 2, 4, 4),
        'intrinsics': torch.tensor([[40.0, 0, 24], [0, 40, 16], [0, 0, 1]]).expand(2, 2, 3, 3),
    }
    losses = model(batch(**truth), 'loss')
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    dead = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()]
    assert not dead


@pytest.mark.parametrize('part', ['encoder', 'decoder'])
def test_checkpointing_changes_no_gradient(part):
    gradients = []
    for again in (False, True):
        model = tiny_model().train()
        getattr(model, part).checkpointing = again
        model(batch()).world.square().mean().backward()
        gradients.append([p.grad for p in model.encoder.parameters()])
    for plain, saved in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, saved)


@pytest.mark.parametrize('describe', [False, True])
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast(describe, dtype):
    model, both = tiny_model(describe), batch()
    with torch.autocast('cpu', dtype):
        rough = model(both)
    exact = model(both)
    assert rough.world.dtype == torch.float32
    assert (rough.world - exact.world).abs().median() < 0.05 * exact.world.abs().median()


@pytest.mark.filterwarnings('ignore::UserWarning')
def test_one_graph_for_a_compiler():
    model, images = tiny_model(), torch.rand(2, 3, 32, 48)

    def pair(first, second):
        return model.decode([model.extract_feat(first), model.extract_feat(second)], [(32, 48)] * 2)[1].points

    compiled = torch.compile(pair, backend='eager', fullgraph=True)
    torch.testing.assert_close(compiled(images, images.flip(0)), pair(images, images.flip(0)))


def test_what_cannot_be():
    with pytest.raises(ConfigError, match='mode'):
        tiny_model()(batch(), 'guess')
    with pytest.raises(ConfigError, match='criterion'):
        tiny_model()(batch(), 'loss')
    model = tiny_model()
    with pytest.raises(ConfigError, match='expected two'):
        DUSt3R(model.encoder, model.decoder, [model.heads[0]])


def posed_model(**fields):
    parts = load_config(CONFIGS / 'dust3r_tiny_rooms.py').model
    return MODELS.build({**parts, **fields})


def test_a_model_that_places_images_states_poses_that_its_points_follow():
    torch.manual_seed(0)
    said = posed_model()(batch())
    assert torch.equal(said.poses[:, 0], torch.tensor([[0.0, 0, 0, 1, 0, 0, 0]]).expand(2, -1))
    assert torch.equal(said.world[:, 0], said.local[:, 0])
    torch.testing.assert_close(said.world[:, 1], apply_pose(decode_pose(said.poses[:, 1]), said.local[:, 1]))


def test_it_learns_points_poses_depths_and_matches():
    known = {
        'depth': torch.rand(2, 2, 32, 48) + 1,
        'camera_to_world': torch.eye(4).expand(2, 2, 4, 4),
        'intrinsics': torch.tensor([[36.0, 0, 23.5], [0, 36, 15.5], [0, 0, 1]]).expand(2, 2, 3, 3),
    }
    model = posed_model()
    losses = {name: value for name, value in model(batch(**known), 'loss').items() if name.startswith('loss')}
    assert set(losses) == {'loss_points', 'loss_pose', 'loss_depth', 'loss_matching'}
    sum(losses.values()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_matching_needs_the_descriptors_of_placing():
    with pytest.raises(ConfigError, match='descriptors that placing has'):
        posed_model(placing=None)
