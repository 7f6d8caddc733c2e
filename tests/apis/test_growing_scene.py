"""Frames one by one, and what is kept of each."""

import numpy as np
import pytest
import torch
from point3r_models import small_model

from uniseg3d.apis.frame_keeper import FrameKeeper, ReconstructOptions
from uniseg3d.apis.growing_scene import GrowingScene
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruct import reconstruct
from uniseg3d.utils.errors import ConfigError

OPTIONS = ReconstructOptions(size=64, share=0.25)


def frames(count):
    rng = np.random.default_rng(0)
    return [SourceFrame(f'{i}.jpg', float(i), rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for i in range(count)]


@pytest.fixture(scope='module')
def model():
    return small_model()


def test_frame_by_frame_is_the_same_as_all_at_once(model):
    growing, shown = GrowingScene(model, FrameKeeper(OPTIONS, 10_000)), frames(3)
    views = [growing.add(frame) for frame in shown]
    assert growing.add(SourceFrame('lost', 9.0, None, 'it is truncated')) is None
    whole = reconstruct(model, shown, OPTIONS, say=lambda _: None)
    assert growing.scene.faults == {'lost': 'it is truncated'} and growing.scene.views == views
    assert np.array_equal(growing.scene.points, whole.points[: len(growing.scene.points)])
    assert torch.equal(growing.scene.poses, whole.poses)


def test_points_come_with_their_confidence_and_where_the_frame_alone_would_put_them(model):
    keep = FrameKeeper(OPTIONS, 100)
    growing, (frame, *_) = GrowingScene(model, keep), frames(1)
    view = growing.add(frame)
    assert len(view.points) == len(view.confidences) == len(view.local_points) == 100
    answer = GrowingScene(model, keep).stream.step(keep.fit(frame).image)
    surest = answer.confidence.flatten().topk(100)
    assert np.allclose(view.confidences, surest.values)
    local = (
        answer.local_points.reshape(-1, 3)[surest.indices] @ answer.camera_to_world[:3, :3].T + answer.camera_to_world[:3, 3]
    )
    assert np.allclose(view.local_points, local, atol=1e-5)


def test_precisions_have_names(model):
    view = GrowingScene(model, FrameKeeper(ReconstructOptions(size=64, precision='bfloat16'), 50)).add(frames(1)[0])
    assert view.points.dtype == np.float32 and np.isfinite(view.points).all()
    with pytest.raises(ConfigError, match='expected one of float32, bfloat16, float16'):
        ReconstructOptions(precision='half')
