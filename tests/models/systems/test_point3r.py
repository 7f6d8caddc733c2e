"""Point3R as a whole: verbs, ragged batches, training, where it starts, what it refuses."""

from pathlib import Path

import pytest
import torch
from point3r_models import photos, small_model

from uniseg3d.engine.config import load_config
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.geometry.se3 import apply_pose, relative_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.systems.point3r_checkpoint import load_dust3r
from uniseg3d.models.systems.point3r_state import StreamState
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError

CONFIGS = Path(__file__).parents[3] / 'configs'


def batch_of(views=3, batch=2, size=(32, 48), known=False, seed=0):
    images = photos(views, batch, size, seed).transpose(0, 1)
    names = [[str(view) for view in range(views)]] * batch
    truth = {}
    if known:
        torch.manual_seed(seed)
        truth = {
            'camera_to_world': torch.eye(4).expand(batch, views, 4, 4),
            'intrinsics': torch.tensor([[40.0, 0, 24], [0, 40, 16], [0, 0, 1]]).expand(batch, views, 3, 3),
            'depth': torch.rand(batch, views, *size) + 1,
        }
    return ViewBatch([str(i) for i in range(batch)], images, names, **truth)


def spread(model):
    """Points far enough apart that new pointers are both merged and appended, differently in each stream."""
    model.head.world.mlp.fc2.bias.data[:768] += 1
    return model


@torch.no_grad()
def test_the_three_ways_to_ask_agree():
    model, batch = spread(small_model()), batch_of()
    results = [model(batch), model(batch, mode='predict')]
    state, answers = None, []
    for images in batch.images.unbind(1):
        answer, state = model.step(images, state)
        answers.append(answer.world.points)
    torch.testing.assert_close(results[0].world, results[1].world, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(results[0].poses, results[1].poses, rtol=1e-4, atol=1e-5)
    assert torch.equal(results[1].world, torch.stack(answers, 1))
    assert len(results[0]) == 2 and results[0].local.shape == (2, 3, 32, 48, 3)


@torch.no_grad()
def test_ragged_streams_are_what_each_is_alone():
    model, batch = spread(small_model()), batch_of(views=4)
    states = [None] * 3
    for images in batch.images.unbind(1):
        parts = (images, images[:1], images[1:])
        (both, first, second), states = zip(*map(model.step, parts, states), strict=True)
        alone = torch.cat([first.world.points, second.world.points])
        torch.testing.assert_close(both.world.points, alone, rtol=1e-4, atol=1e-4)
        assert states[0].pointers.counts == states[1].pointers.counts + states[2].pointers.counts
    assert len(set(states[0].pointers.counts)) == 2, 'the streams should have grown differently'


@torch.no_grad()
def test_predictions_look_at_images_only():
    model = small_model()
    plain, known = (model.predict(batch_of(known=known)) for known in (False, True))
    assert torch.equal(plain.world, known.world)


@torch.no_grad()
def test_the_past_matters_and_the_future_does_not():
    model, batch = small_model(), batch_of(batch=1)
    whole = model.predict(batch)
    shorter = model.predict(ViewBatch(['0'], batch.images[:, :2], [['0', '1']]))
    torch.testing.assert_close(whole.world[:, :2], shorter.world)
    swapped = model.predict(ViewBatch(['0'], batch.images[:, [1, 0, 2]], [['1', '0', '2']]))
    assert not torch.allclose(swapped.world[:, 2], whole.world[:, 2])


@torch.no_grad()
def test_one_view_and_one_patch_are_normal():
    model = small_model()
    assert model.predict(batch_of(views=1)).world.shape == (2, 1, 32, 48, 3)
    assert model.predict(batch_of(size=(16, 16))).world.shape == (2, 3, 16, 16, 3)


def test_frame_zero_knows_no_places():
    """Its memory is itself, and its pointers replace that."""
    model = small_model()
    with torch.no_grad():
        _, state = model.step(photos()[0])
    assert state.frames == 1 and state.pointers.counts == (6,) and torch.equal(state.pointers.positions, state.last_seen_at)


@pytest.mark.parametrize('dense', [None, {'layer_dims': (4, 6, 8, 12), 'dim': 8}])
def test_training_reaches_every_parameter(dense):
    model = small_model(criterion=PointmapCriterion(), dpt=dense).train()
    losses = model.loss(batch_of(known=True))
    assert {'loss_points', 'loss_pose'} <= losses.keys()
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    assert not [name for name, value in model.named_parameters() if value.grad is None]
    assert all(value.grad.isfinite().all() for value in model.parameters())


def test_training_in_half_precision_has_finite_gradients_and_float32_losses():
    model, batch = small_model(criterion=PointmapCriterion()).train(), batch_of(known=True)
    exact = model.loss(batch)['loss_points']
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(batch)
    assert losses['loss_points'].dtype == torch.float32
    torch.testing.assert_close(losses['loss_points'], exact, rtol=0.05, atol=0.05)
    (losses['loss_points'] + losses['loss_pose']).backward()
    assert all(value.grad.isfinite().all() for value in model.parameters())


def test_a_few_steps_fit_a_sequence():
    model = small_model(criterion=PointmapCriterion()).train()
    optimizer, batch = torch.optim.AdamW(model.parameters(), lr=4e-3), batch_of(views=2, batch=1, known=True)
    distances = []
    for _ in range(8):
        losses = model(batch, mode='loss')
        optimizer.zero_grad()
        (losses['loss_points'] + losses['loss_pose']).backward()
        optimizer.step()
        distances.append(float(losses['distance_world']))
    assert distances[-1] < 0.8 * distances[0], distances


def test_a_frozen_encoder_does_not_learn():
    model = small_model(criterion=PointmapCriterion(), freeze_encoder=True).train()
    model.loss(batch_of(known=True))['loss_points'].backward()
    assert all(value.grad is None for value in model.encoder.parameters())
    assert all(value.grad is not None for value in model.head.world.parameters())


@torch.no_grad()
def test_the_encoders_rotation_may_be_rounded():
    exact, rounded = (small_model(rope_precision=precision) for precision in ('fp32', 'fp16'))
    image = photos()[0]
    a, b = (model.extract_feat(image)[0] for model in (exact, rounded))
    assert 0 < (a - b).abs().max() < 1e-2 * a.abs().max()


@torch.no_grad()
def test_a_budget_is_kept_by_every_stream():
    model, batch = small_model(append_only=True, budget=10), batch_of(views=4)
    state = None
    for number, images in enumerate(batch.images.unbind(1)):
        _, state = model.step(images, state)
        assert state.pointers.counts == (min(10, 6 * (number + 1)),) * 2
    assert state.pointers.last_seen.amin() == 2


def test_states_come_back_from_files(tmp_path):
    with torch.no_grad():
        _, state = small_model().step(photos()[0])
    torch.save(state.state_dict(), tmp_path / 'state.pt')
    again = StreamState.of(torch.load(tmp_path / 'state.pt', weights_only=True))
    assert torch.equal(again.pointers.features, state.pointers.features) and again.size == state.size
    assert again.to('meta').pointers.positions.is_meta and again.pointers.counts == state.pointers.counts


def test_misuse_is_named():
    with pytest.raises(ConfigError, match='has no criterion'):
        small_model().loss(batch_of(known=True))
    with pytest.raises(ConfigError, match="mode 'train' is unknown"):
        small_model()(batch_of(), mode='train')


@torch.no_grad()
def test_every_network_of_a_frame_is_one_graph_for_a_compiler():
    """Whatever the memory holds; where pointers go is decided between the graphs."""
    model, images = small_model(depths=(1, 2, 1)), photos(2)
    expected, state = [], None
    for image in images:
        answer, state = model.step(image, state)
        expected.append(answer.world.points)
    for part in (model.encoder, model.decoder, model.head, model.pointer_encoder):
        part.forward = torch.compile(part.forward, backend='eager', fullgraph=True)
    state = None
    for image, points in zip(images, expected, strict=True):
        answer, state = model.step(image, state)
        torch.testing.assert_close(answer.world.points, points, rtol=1e-4, atol=1e-5)


def placing_model(**fields):
    torch.manual_seed(0)
    return MODELS.build({**load_config(CONFIGS / 'point3r_tiny_rooms.py').model, **fields})


@torch.no_grad()
def test_a_frame_that_is_placed_beside_the_one_before_it_has_points_where_its_pose_says():
    model, batch = placing_model().eval(), batch_of(views=4)
    said = model(batch, mode='predict')
    torch.testing.assert_close(said.poses[:, 0], torch.tensor([[0.0, 0, 0, 1, 0, 0, 0]]).expand(2, -1))
    torch.testing.assert_close(said.world, apply_pose(decode_pose(said.poses), said.local), rtol=1e-4, atol=1e-5)
    steps = relative_pose(decode_pose(said.poses[:, :-1]), decode_pose(said.poses[:, 1:]))
    assert (steps[:, 0] - steps[:, 1]).abs().max() > 1e-5, 'poses should follow from the frames'


@torch.no_grad()
def test_a_stored_stream_places_the_next_frame_as_if_it_had_gone_on():
    model, batch = placing_model().eval(), batch_of()
    _, state = model.step(batch.images[:, 0])
    again = StreamState.of(state.state_dict())
    answers = [model.step(batch.images[:, 1], each)[0].pose for each in (state, again)]
    assert torch.equal(*answers)


def test_placing_is_learned_through_time():
    model = placing_model()
    losses = model(batch_of(known=True), mode='loss')
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_streams_start_from_pairs_that_placed_images(tmp_path):
    pairs = MODELS.build(load_config(CONFIGS / 'dust3r_tiny_rooms.py').model)
    torch.save({'state_dict': pairs.state_dict()}, tmp_path / 'pairs.pth')
    model = placing_model()
    fresh = load_dust3r(model, tmp_path / 'pairs.pth')
    assert {name.split('.')[0] for name in fresh} == {'pose_memory', 'pointer_encoder'}
    assert torch.equal(model.placing.describe.weight, pairs.placing.describe.weight)
    assert torch.equal(model.head.mlp.fc1.weight, pairs.heads[1].mlp.fc1.weight)
    first = pairs.decoder.other_blocks[0].cross_attn.projq.weight
    assert torch.equal(model.decoder.blocks[0].cross_attn.projq.weight, first)
