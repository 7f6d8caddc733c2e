"""A scene that grows: labels of all points every few frames, and objects that keep their numbers."""

import numpy as np
import pytest
from untrained_inferencer import inferencer

from uniseg3d.apis import PanopticStream
from uniseg3d.apis.frame_keeper import ReconstructOptions
from uniseg3d.apis.panoptic_stream import follow
from uniseg3d.apis.photo_source import SourceFrame, read_frames
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.scene_input import find_config
from uniseg3d.registry import MODELS
from uniseg3d.rooms.make_walks import make_walks
from uniseg3d.utils.errors import ConfigError


def test_segments_go_on_as_the_objects_that_they_share_most_points_with():
    before = np.array([5, 5, 5, 2, 2, -1, 7])
    now = np.array([0, 0, 3, 3, 3, -1, -1, 3, 1, 1])  # the first two are 5, 3 is mostly 2, 1 is new, 7 is gone
    objects, count = follow(before, now, 8)
    assert objects.tolist() == [5, 5, 2, 2, 2, -1, -1, 2, 8, 8] and count == 9


def test_the_first_answer_numbers_from_zero_and_nothing_is_normal():
    objects, count = follow(np.zeros(0, np.int64), np.array([4, -1, 4, 9]), 0)
    assert objects.tolist() == [0, -1, 0, 1] and count == 2
    objects, count = follow(objects, np.full(6, -1), count)
    assert (objects == -1).all() and count == 2
    assert follow(objects, np.array([0] * 7), count)[1] == 3, 'numbers are not given twice'


def test_an_object_in_two_pieces_keeps_its_number_once():
    objects, count = follow(np.array([0] * 10), np.array([0] * 6 + [1] * 4), 1)
    assert objects.tolist() == [0] * 6 + [1] * 4 and count == 2


def test_a_walk_is_labelled_while_it_grows(tmp_path):
    make_walks(tmp_path / 'walks', 0, 1, 8, seed=5)
    stream = PanopticStream(SceneInferencer(device='cpu'), load_reconstruction_model(), 4, ReconstructOptions(64))
    frames = list(read_frames(tmp_path / 'walks/frames/room0000_00/color'))
    frames.insert(2, SourceFrame('lost', 2.0, None, 'it is truncated'))
    answers = [stream.add(frame) for frame in frames]
    assert [number for number, answer in enumerate(answers) if answer] == [4, 8], 'a lost frame does not count'
    first, second = answers[4], answers[8]
    known = len(first.xyz)
    assert len(second.xyz) == len(second.semantic) == len(second.objects) == 2 * known
    assert np.array_equal(first.xyz, second.xyz[:known]) and stream.reconstruction.faults == {'lost': 'it is truncated'}
    assert set(second.kinds) == set(second.objects[second.objects >= 0])
    both = (first.objects >= 0) & (second.objects[:known] >= 0)
    assert both.any() and (first.objects == second.objects[:known])[both].mean() > 0.5
    assert second.scene.opened.answer_clicks is not None and len(second.scene.reconstruction.views) == 8


def test_pictures_without_names_and_networks_that_need_all_at_once(tmp_path):
    with pytest.raises(ConfigError, match='one frame after the other, not DUSt3R'):
        PanopticStream(inferencer(tmp_path), MODELS.build(find_config('dust3r_tiny_rooms').model))
    model = load_reconstruction_model()
    with pytest.raises(ConfigError, match='at least 1'):
        PanopticStream(inferencer(tmp_path), model, every=0)
    stream = PanopticStream(inferencer(tmp_path), model, every=1, options=ReconstructOptions(64))
    answer = stream.add(np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    assert stream.reconstruction.views[0].name == '0' and len(answer.objects) == len(answer.xyz) > 100
