"""The encoder: what it may depend on and what not."""

import pytest
import torch
from model_samples import room_sample

from uniseg3d.models.encoders.superpoint_encoder import SuperpointEncoder, centred
from uniseg3d.models.encoders.superpoint_shape import SHAPE_CHANNELS, height_above_floor, shape_features
from uniseg3d.structures import PointScene, Sample, SceneBatch, Superpoints


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return SuperpointEncoder(dim=32, point_dim=16, blocks=2, heads=2).eval()


def moved(sample, xyz):
    return Sample(PointScene('moved', xyz, sample.scene.features), sample.superpoints)


def test_one_row_per_superpoint_whatever_the_batch(encoder):
    samples = [room_sample(seed) for seed in range(3)]
    together = encoder(SceneBatch(samples))
    apart = torch.cat([encoder(SceneBatch([sample])) for sample in samples])
    assert together.shape == (sum(len(s.superpoints) for s in samples), 32)
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=1e-4)


def test_a_moved_scene_has_the_same_features(encoder):
    sample = room_sample()
    shifted = moved(sample, sample.scene.xyz + torch.tensor([30.0, -20.0, 1.5]))
    change = (encoder(SceneBatch([sample])) - encoder(SceneBatch([shifted]))).abs().amax(1)
    assert change.quantile(0.9) < 5e-3  # the rest: superpoints of a few points have no definite axes


def test_floor_is_found_below_noise():
    xyz = torch.rand(1000, 3) + 5.0
    xyz[:3, 2] = -4.0  # a few stray points under the floor
    assert -0.05 < height_above_floor(xyz)[3:].min() < 0.05
    assert centred(xyz)[:, :2].mean(0).abs().max() < 1e-4


def test_shape_tells_a_wall_from_a_floor_and_a_pole():
    generator = torch.Generator().manual_seed(0)
    wall, floor, pole = (torch.rand(200, 3, generator=generator) * torch.tensor(size) for size in
                         ((1.0, 0.01, 1.0), (1.0, 1.0, 0.01), (0.01, 0.01, 1.0)))  # fmt: skip
    offset = torch.cat([part - part.mean(0) for part in (wall, floor, pole)])
    ids = torch.arange(3).repeat_interleave(200)
    shape = shape_features(offset, offset[:, 2:], torch.zeros(600, 3), ids, torch.full((3,), 200))
    assert shape.shape == (3, SHAPE_CHANNELS)
    spread, thin_z, long_z = shape[:, :3], shape[:, 3], shape[:, 4]
    assert thin_z[0] < 0.1 and thin_z[1] > 0.9 and long_z[2] > 0.9
    assert spread[0, 0] < 0.1 * spread[0, 2] and spread[2, 1] < 0.1 * spread[2, 2]


def test_shape_does_not_change_when_the_scene_turns():
    turn = torch.tensor([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    offset, ids = torch.randn(300, 3), torch.arange(300) % 4
    color = torch.rand(300, 3)
    before = shape_features(offset, offset[:, 2:], color, ids, torch.full((4,), 75))
    after = shape_features(offset @ turn, offset[:, 2:], color, ids, torch.full((4,), 75))
    torch.testing.assert_close(before, after, atol=1e-4, rtol=1e-3)


def test_single_point_superpoints_and_a_single_point_scene(encoder):
    scene = PointScene('dot', torch.tensor([[1.0, 2.0, 3.0]]), torch.zeros(1, 6))
    assert encoder(SceneBatch([Sample(scene, Superpoints.of_points(1))])).isfinite().all()
    sample = room_sample(density=4)
    dots = Sample(sample.scene, Superpoints.of_points(len(sample.scene)))
    assert encoder(SceneBatch([dots])).isfinite().all()


def test_a_sample_of_keys_is_looked_at_in_training_only():
    torch.manual_seed(0)
    encoder = SuperpointEncoder(dim=32, point_dim=16, blocks=1, heads=2, dropout=0.0, train_keys=5)
    batch = SceneBatch([room_sample()])
    once, again = encoder.train()(batch), encoder(batch)
    assert not torch.allclose(once, again)
    whole = encoder.eval()(batch)
    assert torch.equal(whole, encoder(batch))
    encoder.blocks[0].attention.train_keys = None
    assert torch.equal(whole, encoder(batch))
    encoder.blocks[0].attention.train_keys = 10**6  # more than there are: the same in training
    torch.testing.assert_close(encoder.train()(batch), whole)


def test_local_features_are_added():
    torch.manual_seed(0)
    local = SuperpointEncoder(dim=8, point_dim=8, blocks=0, heads=2)
    encoder, batch = SuperpointEncoder(dim=32, point_dim=16, blocks=1, heads=2, local=local).eval(), SceneBatch([room_sample()])
    whole = encoder(batch)
    whole.sum().backward()
    assert all(p.grad is not None for p in local.parameters())
    torch.nn.init.zeros_(encoder.take_local.weight)
    assert not torch.allclose(whole, encoder(batch))
