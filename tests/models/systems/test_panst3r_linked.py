"""The baseline asks for every view alone."""

import torch
from torch import nn

from uniseg3d.models.systems.panst3r import PanSt3R
from uniseg3d.models.systems.panst3r_linked import LinkedPanSt3R
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch

SIZE = (4, 12)


def bright(self: PanSt3R, batch: ViewBatch) -> Pointmaps:
    """Pixels brighter than black are one segment, whose class is the number of views that the model was shown."""
    ramp = torch.stack([part.float() / 10 for part in torch.meshgrid(*map(torch.arange, SIZE), indexing='ij')], -1)
    world = nn.functional.pad(ramp, (0, 1), value=2.0).expand(len(batch), batch.views, *SIZE, 3)
    found = []
    for views in batch.images:
        maps = [(view[0] > 0).long() for view in views]
        count = int(torch.stack(maps).amax())
        label = torch.full((count,), len(views))
        found.append(PanopticViews(maps, [torch.ones(SIZE)] * len(views), label, torch.ones(count), torch.zeros(count).long()))
    return Pointmaps(world, torch.ones(world.shape[:-1]), panoptic=found)


def test_segments_are_answers_to_single_views(monkeypatch):
    monkeypatch.setattr(PanSt3R, 'predict', bright)
    linear = nn.Linear(1, 1)
    model = LinkedPanSt3R(linear, linear, linear, linear, linear, classes=['thing'])
    images = torch.ones(2, 3, 3, *SIZE)
    images[1, 1] = -1
    answer = model(ViewBatch(['a', 'b'], images, [['0', '1', '2']] * 2), 'predict')
    assert [found.labels.tolist() for found in answer.panoptic] == [[1], [1]]  # no view knew of another
    assert [part.any().item() for part in answer.panoptic[1].segments] == [True, False, True]
    assert answer.world.shape == (2, 3, *SIZE, 3)
