"""MUSt3R as a whole: verbs, ragged views, training, where it starts, what it refuses."""

import pytest
import torch
from must3r_models import photos, placing_model, small_model

from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

CRITERION = PointmapCriterion(confident_scale=False, world_scale=True)


def batch_of(views=3, batch=2, size=(32, 48), known=False, seed=0):
    images = torch.stack(photos(views, batch, size, seed), 1)
    truth = {}
    if known:
        torch.manual_seed(seed)
        truth = {
            'camera_to_world': torch.eye(4).expand(batch, views, 4, 4),
            'intrinsics': torch.tensor([[40.0, 0, 24], [0, 40, 16], [0, 0, 1]]).expand(batch, views, 3, 3),
            'depth': torch.rand(batch, views, *size) + 1,
        }
    return ViewBatch([str(i) for i in range(batch)], images, [[str(view) for view in range(views)]] * batch, **truth)


def check_same(first, second):
    for ours, theirs in zip(first, second, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_predictions_have_points_in_both_frames_and_the_poses_between():
    batch = batch_of()
    found = small_model()(batch, mode='predict')
    assert found.world.shape == found.local.shape == (2, 3, 32, 48, 3) and found.confidence.amin() >= 1
    assert torch.equal(small_model()(batch).world, found.world)
    assert torch.equal(small_model().predict(batch_of(known=True)).world, found.world), 'the truth is not looked at'
    pose = decode_pose(found.poses[1, 2])
    moved = found.local[1, 2] @ pose[:3, :3].T + pose[:3, 3]
    weights = (found.confidence[1, 2] - 1)[..., None]
    residual = (weights * (moved - found.world[1, 2])).sum((0, 1)) / weights.sum()
    torch.testing.assert_close(residual, torch.zeros(3), atol=1e-4, rtol=0)


@torch.no_grad()
def test_scenes_of_a_batch_are_what_each_is_alone():
    model, images = small_model(), photos(4, batch=3)
    whole = model.reconstruct(images, keyframes=3)
    for row in range(3):
        alone = model.reconstruct([image[row : row + 1] for image in images], keyframes=3)
        for both, one in zip(whole, alone, strict=True):
            check_same([part[row : row + 1] for part in both], one)


@pytest.mark.parametrize('most', [1, 2, 8])
@torch.no_grad()
def test_how_many_are_computed_at_a_time_changes_nothing(most):
    images = [*photos(2), *photos(2, size=(48, 32), seed=1), *photos(1, size=(16, 16), seed=2)]
    expected = small_model().reconstruct(images, most=4)
    for ours, theirs in zip(small_model().reconstruct(images, most=most), expected, strict=True):
        check_same(ours, theirs)


@torch.no_grad()
def test_portraits_stand():
    upright = small_model().reconstruct([photos(1, size=(48, 32))[0], photos(1, seed=1)[0]])
    assert [answer.world.shape[1:3] for answer in upright] == [(48, 32), (32, 48)]


@torch.no_grad()
def test_all_rendered_views_are_marked_as_later_ones():
    model, image = small_model(), photos(1)
    plain = model.reconstruct(image)[0].world
    model.decoder.later_embed.data += 10
    assert not torch.allclose(model.reconstruct(image)[0].world, plain)


@torch.no_grad()
def test_keyframes():
    images = photos(5)
    model = small_model(keyframes=3)
    of_three = model.reconstruct(images)
    check_same(of_three[1], model.reconstruct(images, keyframes=3)[1])
    assert not torch.allclose(of_three[1].world, model.reconstruct(images, keyframes=5)[1].world)
    check_same(model.reconstruct(images, keyframes=50)[4], model.reconstruct(images, keyframes=5)[4])
    again = model.reconstruct([images[0], images[2], images[4], images[1], images[3]], keyframes=5)
    assert not torch.allclose(again[3].world, of_three[1].world)


@torch.no_grad()
def test_refinements_show_the_same_views_again():
    images = photos(3)
    once, twice = (small_model().reconstruct(images, refinements=count) for count in (0, 1))
    assert not torch.allclose(once[2].world, twice[2].world)


@torch.no_grad()
def test_one_view_and_one_patch_are_normal():
    assert small_model().predict(batch_of(views=1)).world.shape == (2, 1, 32, 48, 3)
    assert small_model().predict(batch_of(size=(16, 16))).world.shape == (2, 3, 16, 16, 3)


def test_misuse_is_named():
    model = small_model()
    with pytest.raises(DataError, match='no images; expected at least one'):
        model.reconstruct([])
    with pytest.raises(DataError, match='images are 8 x 8 pixels'):
        model.reconstruct(photos(1, size=(8, 8)))
    with pytest.raises(DataError, match='1 of 3 views cannot be spread out'):
        model.reconstruct(photos(), keyframes=1)
    with pytest.raises(ConfigError, match='has no criterion'):
        model.loss(batch_of(known=True))
    with pytest.raises(ConfigError, match="mode 'train' is unknown"):
        model(batch_of(), mode='train')
    with pytest.raises(ConfigError, match='block = 1 must be at least 2'):
        small_model(block=1)


@pytest.mark.parametrize('decoder', [{}, {'token_dropout': 0.3}, {'token_dropout': 0.3, 'drop_for_good': True}])
def test_training_reaches_every_parameter(decoder):
    model = small_model(CRITERION, decoder={**decoder, 'checkpointing': True}, block=2).train()
    losses = model.loss(batch_of(views=5, known=True))
    assert {'loss_points', 'loss_points_shown', 'distance_world', 'distance_local_shown'} <= losses.keys()
    (losses['loss_points'] + losses['loss_points_shown']).backward()
    assert not [name for name, value in model.named_parameters() if value.grad is None]
    assert all(value.grad.isfinite().all() for value in model.parameters())


def test_training_in_half_precision_has_finite_gradients_and_float32_losses():
    model, batch = small_model(CRITERION).train(), batch_of(known=True)
    exact = model.loss(batch)['loss_points']
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(batch)
    assert losses['loss_points'].dtype == torch.float32
    torch.testing.assert_close(losses['loss_points'], exact, rtol=0.05, atol=0.05)
    (losses['loss_points'] + losses['loss_points_shown']).backward()
    assert all(value.grad.isfinite().all() for value in model.parameters())


@torch.no_grad()
def test_the_encoder_may_be_kept_exact():
    images = photos(1)
    exact = small_model(exact_encoder=True)
    with torch.autocast('cpu', torch.bfloat16):
        half, full = (model.extract_feat(images)[0].features for model in (small_model(), exact))
    assert full.dtype == torch.float32 and torch.equal(full, exact.extract_feat(images)[0].features)
    assert not torch.equal(half.float(), full)


def test_a_few_steps_fit_a_sequence():
    model = small_model(CRITERION).train()
    optimizer, batch = torch.optim.AdamW(model.parameters(), lr=4e-3), batch_of(views=2, batch=1, known=True)
    distances = []
    for _ in range(8):
        losses = model(batch, mode='loss')
        optimizer.zero_grad()
        (losses['loss_points'] + losses['loss_points_shown']).backward()
        optimizer.step()
        distances.append(float(losses['distance_world']))
    assert distances[-1] < 0.8 * distances[0], distances


def test_a_frozen_encoder_does_not_learn():
    model = small_model(CRITERION, freeze_encoder=True).train()
    model.loss(batch_of(known=True))['loss_points'].backward()
    assert all(value.grad is None for value in model.encoder.parameters())
    assert all(value.grad is not None for value in model.head.parameters())


@torch.no_grad()
def test_views_that_are_placed_lie_where_their_poses_say():
    model, batch = placing_model(), batch_of(views=5)
    found = model.predict(batch)
    torch.testing.assert_close(found.world, apply_pose(decode_pose(found.poses), found.local), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(found.local[:, 0], found.world[:, 0])
    few, images = model.reconstruct(batch.images.unbind(1), keyframes=2), batch.images.unbind(1)
    for most in (1, 3):
        for ours, theirs in zip(model.reconstruct(images, keyframes=2, most=most), few, strict=True):
            check_same(ours, theirs)


@torch.no_grad()
def test_placed_views_may_differ_in_shape():
    images = [*photos(2), *photos(2, size=(48, 32), seed=1), *photos(1, size=(16, 16), seed=2)]
    answers = placing_model().reconstruct(images, keyframes=3)
    assert [answer.world.shape[1:3] for answer in answers] == [tuple(image.shape[2:]) for image in images]


def test_training_of_placed_views_states_poses_and_reaches_every_parameter():
    model = placing_model(PointmapCriterion(confident_scale=False)).train()
    losses = model.loss(batch_of(views=3, known=True))
    assert {'loss_pose', 'loss_pose_shown', 'loss_points'} <= losses.keys()
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    assert not [name for name, value in model.named_parameters() if value.grad is None]
