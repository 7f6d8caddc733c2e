"""Annotations against the specification written as loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_files import loaded_sample, scene_info

from uniseg3d.text.class_lists import class_list
from uniseg3d.transforms import SuperpointAnnotations
from uniseg3d.transforms.annotations import (
    label_instances,
    mask_majority,
    object_names,
    panoptic_ids,
    semantic_rows,
    superpoint_majority,
)
from uniseg3d.utils.errors import DataError

CLASSES, STUFF = 20, 2


def annotate_by_loops(instance_ids, semantic, superpoints):
    """Instance numbers, object ids, labels, masks and semantic rows, point by point."""
    ids = [int(i) if i > 0 and STUFF <= c < CLASSES else -1 for i, c in zip(instance_ids, semantic, strict=True)]
    objects = sorted(set(ids) - {-1})
    instance = [objects.index(i) if i != -1 else -1 for i in ids]
    labels = [int(semantic[ids.index(o)]) - STUFF for o in objects]
    masks = np.zeros((len(objects), superpoints.max() + 1), bool)
    rows = np.zeros((CLASSES + 1, superpoints.max() + 1), bool)
    for m in range(superpoints.max() + 1):
        members = np.flatnonzero(superpoints == m)
        for k in range(len(objects)):
            masks[k, m] = np.mean([instance[p] == k for p in members]) > 0.5
        for c in range(CLASSES + 1):
            rows[c, m] = np.mean(semantic[members] == c) > 0.5
        rows[CLASSES, m] |= not rows[:, m].any()
    return instance, [o - 1 for o in objects], labels, masks, rows


@st.composite
def scenes(draw):
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    classes = draw(st.sampled_from([[0, 1, 2, 5, 20], [5, 7], [0, 1], [20], list(range(21))]))
    superpoints = np.unique(rng.integers(0, draw(st.integers(1, 8)), count), return_inverse=True)[1]
    return rng.integers(0, draw(st.integers(1, 6)), count), rng.choice(classes, count), superpoints


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_equals_the_loops_of_the_specification(scene):
    instance_ids, semantic, superpoints = scene
    sample = loaded_sample(instance_ids=instance_ids, semantic=semantic, superpoints=superpoints)
    sample = SuperpointAnnotations()(sample)
    instance, object_ids, labels, masks, rows = annotate_by_loops(instance_ids, semantic, superpoints)
    assert sample['instance'].tolist() == instance
    assert sample['object_ids'].tolist() == object_ids and sample['labels'].tolist() == labels
    np.testing.assert_array_equal(sample['masks'], masks)
    np.testing.assert_array_equal(sample['semantic_masks'], rows)
    assert sample['novel_masks'].shape == (0, superpoints.max() + 1)


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_every_superpoint_has_exactly_one_class_row_and_at_most_one_instance(scene):
    instance_ids, semantic, superpoints = scene
    assert (semantic_rows(semantic, superpoints, CLASSES).sum(0) == 1).all()
    found = label_instances(instance_ids, semantic, CLASSES, STUFF)
    assert (superpoint_majority(found.instance, superpoints, len(found.object_ids)).sum(0) <= 1).all()


def test_exactly_half_is_no_majority():
    masks = superpoint_majority(np.array([0, 0, 1, 1, 0, -1]), np.array([0, 0, 0, 0, 1, 1]), 2)
    assert not masks.any()


def test_the_original_input_is_left_alone():
    instance_ids, semantic = np.array([1, 1, 2]), np.array([5, 0, 20])
    label_instances(instance_ids, semantic, CLASSES, STUFF)
    assert instance_ids.tolist() == [1, 1, 2] and semantic.tolist() == [5, 0, 20]


def test_a_fully_annotated_scene_is_normal():
    """The original required at least one point without an instance."""
    found = label_instances(np.array([3, 3, 7]), np.array([4, 4, 9]), CLASSES, STUFF)
    assert found.instance.tolist() == [0, 0, 1] and found.object_ids.tolist() == [2, 6] and found.labels.tolist() == [2, 7]


def test_a_scene_without_instances_has_empty_arrays_of_the_right_shape():
    sample = loaded_sample(instance_ids=np.zeros(400, dtype=np.int64))
    sample = SuperpointAnnotations()(sample)
    superpoints = sample['superpoints'].max() + 1
    assert sample['masks'].shape == (0, superpoints) and sample['novel_masks'].shape == (0, superpoints)
    assert sample['labels'].shape == sample['object_ids'].shape == (0,)
    assert (sample['instance'] == -1).all()


def test_unannotated_points_of_a_thing_class_are_not_object_minus_one():
    found = label_instances(np.array([0, 0, 4]), np.array([5, 5, 5]), CLASSES, STUFF)
    assert found.instance.tolist() == [-1, -1, 0] and found.object_ids.tolist() == [3]


def test_panoptic_ids_name_stuff_by_class_and_things_by_instance():
    instance, semantic = np.array([-1, -1, 0, 1, -1, -1]), np.array([0, 1, 5, 9, 20, 7])
    assert panoptic_ids(instance, semantic, STUFF).tolist() == [0, 1, 2, 3, -1, -1]


def test_pseudo_masks_over_points_become_superpoint_masks_and_may_overlap():
    superpoints = np.array([0, 0, 0, 1, 1])
    masks = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
    assert mask_majority(masks, superpoints).tolist() == [[True, False], [True, True], [False, False]]
    assert mask_majority(masks[:0], superpoints).shape == (0, 2)


@pytest.mark.parametrize('novel', [True, False])
def test_pseudo_masks_are_kept_for_training_only(novel):
    masks = np.arange(400)[None] % 2 == 0
    sample = SuperpointAnnotations(novel=novel)(loaded_sample(novel_point_masks=masks))
    assert len(sample['novel_masks']) == novel


def test_raw_class_ids_are_refused():
    with pytest.raises(DataError, match='MapSemantic'):
        SuperpointAnnotations()(loaded_sample(semantic=np.full(400, 39)))


def test_stuff_may_stand_anywhere_in_a_class_list():
    semantic = np.array([2, 0, 1, 1, 3, 4])  # of four classes, 0 and 2 are stuff
    found = label_instances(np.array([5, 5, 5, 6, 7, 8]), semantic, 4, (0, 2))
    assert found.object_ids.tolist() == [4, 5, 6] and found.labels.tolist() == [0, 0, 1]
    assert found.instance.tolist() == [-1, -1, 0, 1, 2, -1]
    assert panoptic_ids(found.instance, semantic, (0, 2)).tolist() == [1, 0, 2, 3, 4, -1]


def test_objects_are_called_what_their_class_of_a_list_is_called():
    listed = class_list('scannet200')
    fine = {0: 'wall', 1: 'floor', 4: 'chair', 6: 'pillow', 20: None}
    sample = loaded_sample()
    sample['semantic'] = np.array([listed.names.index(fine[c]) if fine[c] else 200 for c in sample['semantic'].tolist()])
    sample = SuperpointAnnotations(classes='scannet200')(sample)
    assert sample['object_ids'].tolist() == [2, 4, 7] and sample['object_names'] == ['chair', 'chair', 'pillow']
    assert [listed.thing_names[label] for label in sample['labels']] == sample['object_names']
    assert sample['semantic_masks'].shape[0] == 201


def test_scenes_without_labels_pass():
    assert 'masks' not in SuperpointAnnotations()(loaded_sample(semantic=None))


def test_objects_have_the_names_that_are_known():
    info = scene_info()
    assert SuperpointAnnotations()(loaded_sample())['object_names'] == []
    info.instances[1].name = 'oval table'  # of object 4
    sample = SuperpointAnnotations()(loaded_sample(info=info))
    assert sample['object_ids'].tolist() == [2, 4, 7]
    assert sample['object_names'] == ['', 'oval table', '']
    assert object_names(info, sample['object_ids'][:0]) == []
