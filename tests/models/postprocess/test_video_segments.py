"""Segments of views from masks of queries: who wins, who goes, and what nobody says."""

import torch

from uniseg3d.models.postprocess.video_segments import InstanceRule, SegmentRule, full_size

SIZE, CLASSES = (8, 8), 4


def mask(rows, columns, high=6.0):
    logits = torch.full((1, 8, 8), -6.0)
    logits[:, rows, columns] = high
    return logits


def classes(*labels, sure=5.0):
    logits = torch.zeros(len(labels), CLASSES + 1)
    logits[range(len(labels)), labels] = sure
    return logits


LEFT, RIGHT, ALL = slice(0, 4), slice(4, 8), slice(0, 8)


def test_each_pixel_goes_to_the_likeliest_mask():
    masks = torch.stack([mask(ALL, LEFT), mask(ALL, RIGHT)])
    found = SegmentRule()(masks, classes(2, 3), SIZE)
    assert found.maps[0, 0].tolist() == [1] * 4 + [2] * 4 and found.labels.tolist() == [2, 3]
    assert found.semantic_maps()[0, 3].tolist() == [2] * 4 + [3] * 4
    torch.testing.assert_close(found.masks, masks.sigmoid())


def test_stuff_is_one_segment_and_things_are_not():
    masks = torch.stack([mask(slice(0, 2), ALL), mask(slice(2, 4), ALL), mask(slice(4, 6), ALL), mask(slice(6, 8), ALL)])
    found = SegmentRule(stuff=(0, 1))(masks, classes(0, 2, 0, 2), SIZE)
    assert found.ids.tolist() == [1, 2, 1, 3] and found.maps[0, :, 0].tolist() == [1, 1, 2, 2, 1, 1, 3, 3]


def test_a_mask_that_loses_most_of_itself_goes_and_its_pixels_stay_unassigned():
    weak = mask(ALL, slice(0, 5), high=1.0)
    found = SegmentRule()(torch.stack([mask(ALL, LEFT), weak]), classes(2, 3), SIZE)
    assert found.queries.tolist() == [0]
    assert found.maps[0, 0, 4] == 0 and found.semantic_maps()[0, 0, 4] == -1


def test_nobody_sure_is_told_from_nobody_valid():
    empty = torch.full((1, 1, 8, 8), -6.0)
    unsure = SegmentRule()(mask(ALL, ALL)[None], classes(2, sure=0.1), SIZE)
    assert len(unsure) == 0 and (unsure.maps == -1).all()
    assert (SegmentRule()(empty, classes(2), SIZE).maps == 0).all()
    assert (SegmentRule()(mask(ALL, ALL)[None], classes(CLASSES), SIZE).maps == -1).all()
    assert SegmentRule()(empty[:0], classes(), SIZE).semantic_maps().eq(-1).all()


def test_others_compete_but_only_the_chosen_answer():
    masks = torch.stack([mask(ALL, LEFT), mask(ALL, RIGHT)])
    found = SegmentRule()(masks, classes(2, 3), SIZE, only=torch.tensor([1]))
    assert found.ids.tolist() == [1] and found.queries.tolist() == [1]
    assert found.maps[0, 0].tolist() == [0] * 4 + [1] * 4


def test_one_query_is_the_same_object_in_all_views():
    masks = torch.stack([mask(ALL, LEFT), mask(ALL, RIGHT)], 1)  # [1, 2, 8, 8]
    found = SegmentRule()(masks, classes(2), SIZE)
    assert found.maps[:, 0, 0].tolist() == [1, 1] and len(found) == 1  # it wins all pixels, also those outside its mask


def test_the_better_instance_lies_on_top():
    masks = torch.stack([mask(ALL, ALL, high=2.0), mask(ALL, LEFT)])
    found = InstanceRule(topk=2)(masks, classes(2, 3), SIZE)
    assert found.labels.tolist() == [2, 3] and found.maps[0, 0].tolist() == [2] * 4 + [1] * 4
    assert len(InstanceRule(topk=99, threshold=2.0)(masks, classes(2, 3), SIZE)) == 0


def test_half_precision_masks_become_float32():
    assert full_size(torch.zeros(2, 1, 4, 4, dtype=torch.bfloat16), SIZE).dtype == torch.float32
