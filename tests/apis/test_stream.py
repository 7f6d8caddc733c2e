"""A stream of frames: the same as the whole sequence, resumable, bounded, and not to be upset by bad frames."""

import io

import numpy as np
import pytest
import torch
from point3r_models import photos, small_model

from uniseg3d.apis.stream import PointStream
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError


@pytest.fixture(scope='module')
def model():
    return small_model()


def frames(count=5, size=(32, 48), seed=0):
    return [(image[0].permute(1, 2, 0) * 127.5 + 127.5).byte() for image in photos(count, size=size, seed=seed)]


def same(first, second):
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    return all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)


def test_a_stream_gives_what_the_whole_sequence_gives(model):
    images = frames()
    batch = ViewBatch(['s'], torch.stack(images).permute(0, 3, 1, 2)[None] / 127.5 - 1, [[str(i) for i in range(5)]])
    with torch.no_grad():
        for answers in (model(batch), model.predict(batch)):
            stream = PointStream(model)
            for number, image in enumerate(images):
                seen = stream.step(image)
                expected = (answers.world, answers.confidence, answers.local, answers.local_confidence)
                for ours, theirs in zip(
                    (seen.points, seen.confidence, seen.local_points, seen.local_confidence), expected, strict=True
                ):
                    torch.testing.assert_close(ours, theirs[0, number], rtol=1e-4, atol=1e-5)
                torch.testing.assert_close(seen.camera_to_world, decode_pose(answers.poses[0, number]), rtol=1e-4, atol=1e-5)
                assert seen.number == number and seen.pointers == stream.pointers


def test_shapes_and_ranges(model):
    seen = PointStream(model).step(frames(1)[0])
    assert seen.points.shape == seen.local_points.shape == (32, 48, 3) and seen.camera_to_world.shape == (4, 4)
    assert seen.confidence.shape == seen.local_confidence.shape == (32, 48) and seen.confidence.min() >= 1
    assert seen.pointers == 6 and seen.points.dtype == torch.float32


def test_bytes_numbers_and_arrays_are_the_same_picture(model):
    image = frames(1)[0]
    number = image.permute(2, 0, 1) / 127.5 - 1
    results = [
        PointStream(model).step(given)
        for given in (image, image.numpy(), image.numpy()[:, ::-1][:, ::-1], number, number.double())
    ]
    assert all(same(results[0], other) for other in results[1:])


def test_reset_begins_a_new_world(model):
    stream, images = PointStream(model), frames()
    first = [stream.step(image) for image in images[:3]]
    stream.reset()
    assert stream.pointers == 0 and stream.number == 0
    assert all(same(a, stream.step(image)) for a, image in zip(first, images, strict=False))


def test_a_stream_goes_on_from_its_state_in_another_process(model):
    stream, images = PointStream(model), frames()
    for image in images[:3]:
        stream.step(image)
    file = io.BytesIO()
    torch.save(stream.state_dict(), file)
    expected = [stream.step(image) for image in images[3:]]
    file.seek(0)
    other = PointStream(model)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert all(same(a, other.step(image)) for a, image in zip(expected, images[3:], strict=True))


def test_a_state_is_not_changed_by_what_comes_after(model):
    stream, images = PointStream(model), frames()
    stream.step(images[0])
    stored = stream.state_dict()
    expected = stream.step(images[1])
    stream.step(images[2])
    stream.load_state_dict(stored)
    assert same(expected, stream.step(images[1]))


def test_the_state_of_a_stream_that_has_not_begun(model):
    stream = PointStream(model)
    stream.load_state_dict(PointStream(model).state_dict())
    assert stream.step(frames(1)[0]).number == 0


@pytest.mark.parametrize('stored', [{}, {'number': 1}, {'number': 'x', 'state': None}, {'number': 1, 'state': {'slots': 3}}])
def test_another_state_is_refused(model, stored):
    with pytest.raises(CheckpointError, match='no state of a stream'):
        PointStream(model).load_state_dict(stored)


NAN = torch.full((3, 32, 48), float('nan'))
BAD = {
    'dropped': (None, 'frame 2 is missing'),
    'nan': (NAN, 'frame 2 has values that are not finite'),
    'infinite': (NAN.nan_to_num(float('inf')), 'frame 2 has values that are not finite'),
    'gray': (torch.zeros(32, 48, dtype=torch.uint8), r'frame 2 is uint8 \[32, 48\]; expected uint8 \[H, W, 3\]'),
    'alpha': (np.zeros((32, 48, 4), np.uint8), r'frame 2 is uint8 \[32, 48, 4\]'),
    '16 bit': (np.zeros((32, 48, 3), np.int32), r'frame 2 is int32 \[32, 48, 3\]'),
    'empty': (torch.zeros(0, 48, 3, dtype=torch.uint8), r'frame 2 is uint8 \[0, 48, 3\]'),
    'turned': (torch.zeros(48, 32, 3, dtype=torch.uint8), r'frame 2 is 48 x 32 pixels \(H x W\), those before it 32 x 48'),
}


@pytest.mark.parametrize('name', BAD)
def test_a_bad_frame_is_refused_and_the_stream_survives(model, name):
    bad, sentence = BAD[name]
    images, stream, other = frames(4), PointStream(model), PointStream(model)
    for image in images[:2]:
        stream.step(image)
        other.step(image)
    with pytest.raises(DataError, match=sentence):
        stream.step(bad)
    for image in images[2:]:
        seen, expected = stream.step(image), other.step(image)
        assert seen.number == expected.number + 1
        seen.number = expected.number
        assert same(seen, expected)


def test_a_first_frame_of_a_size_that_has_no_patches_is_refused(model):
    stream = PointStream(model)
    with pytest.raises(DataError, match=r'20 x 48 pixels.*multiples of 16'):
        stream.step(torch.zeros(20, 48, 3, dtype=torch.uint8))
    assert stream.step(frames(1)[0]).pointers == 6


def test_a_network_that_overflows_is_named_and_the_stream_survives():
    model = small_model()
    stream, image = PointStream(model), frames(1)[0]
    first = stream.step(image)
    model.head.world.mlp.fc2.bias.data[0] = 1e9
    with pytest.raises(DataError, match='frame 1 leads to points that are not finite in float32'):
        stream.step(image)
    model.head.world.mlp.fc2.bias.data[0] = 0
    assert stream.state.frames == 1 and stream.step(image).pointers >= first.pointers


def test_half_precision_is_near(model):
    full, half = PointStream(model), PointStream(model, 'bfloat16')
    for image in frames(3):
        a, b = full.step(image), half.step(image)
        assert b.points.dtype == torch.float32
        assert (a.points - b.points).norm() < 0.1 * a.points.norm()
        assert not torch.equal(a.points, b.points)
    with pytest.raises(ConfigError, match="precision 'int8' is unknown"):
        PointStream(model, 'int8')


@pytest.mark.parametrize('count', [60, pytest.param(2000, marks=pytest.mark.long)])
def test_a_budget_keeps_memory_flat(count):
    """Nothing merges, so that all of the budget is always in use."""
    model = small_model(dim=12, memory_dim=8, heads=(1, 1, 1), depths=(1, 1, 1), slots=2, budget=40, append_only=True)
    stream, image = PointStream(model), frames(1, (16, 32))[0]
    sizes = set()
    for number in range(count):
        seen = stream.step(image)
        assert seen.pointers == min(40, 2 * (number + 1))
        if number >= 20:
            sizes.add(sum(value.numel() * value.element_size() for value in tensors(stream.state_dict())))
    assert len(sizes) == 1


def tensors(stored):
    for value in stored.values():
        if isinstance(value, dict):
            yield from tensors(value)
        elif isinstance(value, torch.Tensor):
            assert value.untyped_storage().nbytes() == value.numel() * value.element_size()  # no view into something larger
            yield value
