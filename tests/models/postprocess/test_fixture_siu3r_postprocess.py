"""Segments of views, labels of gaussians and of rendered views, against the original's numbers."""

import pytest
import torch
from siu3r_archives import archive, assert_equals, sizes, tensor

from uniseg3d.models.postprocess.rendered_labels import label_pixels
from uniseg3d.models.postprocess.video_segments import InstanceRule, SegmentRule

pytestmark = pytest.mark.full_set
NAME = 'postprocess'


def scenes():
    return range(sizes(NAME, 'cfg/B_Q_T_h_w_labels')[0])


def segments(scene, only=None):
    size = archive(NAME)[f'panoptic/{scene}/segmentation'].shape[1:]
    rule = SegmentRule(sizes(NAME, 'cfg/fused_labels'))
    return rule(tensor(NAME, 'in/mask_logits')[scene], tensor(NAME, 'in/class_logits')[scene], size, only)


def assert_rows(found, key):
    fused = torch.isin(found.labels, tensor(NAME, 'cfg/fused_labels'))
    rows = torch.stack([found.ids, found.labels, fused.long()], 1)
    assert torch.equal(rows, tensor(NAME, f'{key}/info_id_label_fused').view(-1, 3)), key
    assert_equals(found.scores, tensor(NAME, f'{key}/info_score'), key, 2e-6)  # the archive has six decimals


def test_panoptic():
    for scene in scenes():
        found, key = segments(scene), f'panoptic/{scene}'
        assert torch.equal(found.maps, tensor(NAME, f'{key}/segmentation').long())
        assert_rows(found, key)
        if len(found):
            assert_equals(found.scores, tensor(NAME, f'{key}/query_scores'), key, 2e-6)
            table = torch.einsum('kc,kvhw->vkchw', found.classes, found.masks)
            assert_equals(table[..., ::16, ::16], tensor(NAME, f'{key}/table_stride16'), key)
            assert_equals(table.double().sum((3, 4)), tensor(NAME, f'{key}/table_sum_over_pixels'), key)


def test_labels_of_gaussians():
    for scene in scenes():
        found = segments(scene)
        assert torch.equal(found.semantic_maps() + 1, tensor(NAME, 'gaussian/semantic_labels')[scene].long())
        assert torch.equal(found.maps.clamp(min=0), tensor(NAME, 'gaussian/instance_labels')[scene].long())


def test_only_the_queries_that_sentences_mean():
    for scene in scenes():
        found = segments(scene, tensor(NAME, 'refer/text_query_logits')[scene].argmax(1))
        assert torch.equal(found.maps, tensor(NAME, f'refer/{scene}/segmentation').long())
        assert_rows(found, f'refer/{scene}')


def test_rendered_views():
    for scene in sorted({int(key.split('/')[1]) for key in archive(NAME) if key.startswith('render/')}):
        table, scores = tensor(NAME, f'render/{scene}/table'), tensor(NAME, f'render/{scene}/query_scores')
        best = table.max(1)
        found = label_pixels(best.values, best.indices, scores, sizes(NAME, 'cfg/fused_labels'))
        assert torch.equal(found.semantic + 1, tensor(NAME, f'render/{scene}/semantic').long())
        assert torch.equal(found.instance, tensor(NAME, f'render/{scene}/instance').long())
        rows = tensor(NAME, f'render/{scene}/info_id_label_fused').view(-1, 3)
        assert torch.equal(torch.stack([found.ids, found.labels + 1], 1), rows[:, :2])
        assert_equals(found.scores, tensor(NAME, f'render/{scene}/info_score'), 'scores', 2e-6)
        for name in ('semantic', 'instance'):
            context = tensor(NAME, f'render/{scene}/context_{name}')
            assert torch.equal(tensor(NAME, f'render/{scene}/{name}')[[0, 2]], context)


def test_instances_of_ten_queries():
    for scene in scenes():
        logits, classes = (tensor(NAME, f'in/{name}_logits')[scene][:10] for name in ('mask', 'class'))
        expected = tensor(NAME, f'instance10/{scene}/segmentation').long() + 1  # theirs begin at 0, background is -1
        found = InstanceRule(threshold=0.3, unsorted=True)(logits, classes, tuple(expected.shape[1:]))
        assert torch.equal(found.maps, expected)
        rows = tensor(NAME, f'instance10/{scene}/info_id_label').view(-1, 2)
        assert torch.equal(torch.stack([found.ids - 1, found.labels], 1), rows)
        assert_equals(found.scores, tensor(NAME, f'instance10/{scene}/info_score'), 'scores', 2e-6)
