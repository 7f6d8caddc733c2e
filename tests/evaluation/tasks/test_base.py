from dataclasses import replace

import numpy as np
import pytest
import torch
from evaluation_samples import perfect_prediction
from model_samples import room_sample

from uniseg3d.evaluation.tasks import Classes, EvaluatedScene
from uniseg3d.evaluation.tasks.base import known_mean, named
from uniseg3d.structures import Superpoints
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError


def test_things_are_numbered_around_the_stuff():
    classes = Classes(('wall', 'chair', 'floor', 'table'), stuff=(0, 2))
    assert classes.things == ('chair', 'table')
    assert classes.thing_of.tolist() == [-1, 0, -1, 1, -1]  # the last one is void
    assert Classes.of(class_list('scannet20')).thing_of.tolist() == [-1, -1, *range(18), -1]


def test_stuff_may_differ_from_the_list():
    classes = Classes.of(class_list('scannet200'), stuff=())
    assert len(classes.things) == len(classes) == 200
    assert len(Classes.of(class_list('scannet200')).things) == 198


def test_another_partition_is_refused():
    sample = room_sample()
    other = replace(perfect_prediction(sample).superpoints, ids=torch.zeros_like(sample.superpoints.ids))
    bare = perfect_prediction(sample)
    wrong = type(bare)(bare.scene_id, Superpoints(other.ids))
    with pytest.raises(DataError, match=r'scene room0000_00: the prediction has 1 superpoints, the ground truth \d+'):
        EvaluatedScene(wrong, sample.targets)


def test_every_prompt_needs_its_mask():
    sample = room_sample()
    scene = EvaluatedScene(perfect_prediction(sample), sample.targets)
    assert len(scene.answers('clicks', 3)) == 3
    with pytest.raises(DataError, match='room0000_00: 3 masks for 2 texts; expected one for each prompt'):
        scene.answers('texts', 2)
    assert EvaluatedScene(replace(scene.prediction, texts=None), sample.targets).answers('texts', 2) is None


def test_means_leave_out_what_is_unknown():
    assert known_mean(np.array([1, np.nan, 2])) == 1.5
    assert np.isnan(known_mean(np.array([np.nan]))) and np.isnan(known_mean(np.zeros(0)))
    assert named(('a', 'b'), np.array([1.0, 2.0])) == {'a': 1, 'b': 2}
