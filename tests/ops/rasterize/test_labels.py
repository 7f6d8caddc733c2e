import pytest
import torch
from gaussian_scenes import cloud, look

from uniseg3d.ops.rasterize import class_maps, rasterize
from uniseg3d.utils.errors import DataError


def test_masks_times_classes_equal_the_rendered_table() -> None:
    scene, queries = cloud(60), 4
    generator = torch.Generator().manual_seed(0)
    masks = torch.rand(60, queries, generator=generator).double()
    classes = torch.rand(queries, 21, generator=generator).double().softmax(1)
    shape = {name: scene[name] for name in ('means', 'covariances', 'opacities')}
    table = (masks[:, :, None] * classes).flatten(1)  # what the original renders: 21 times the channels
    whole = rasterize(**shape, features=table, cameras=look()).features.unflatten(1, (queries, 21))
    result = class_maps(rasterize(**shape, features=masks, cameras=look()).features, classes)
    torch.testing.assert_close(result.value, whole.max(1).values)
    covered = whole.sum((1, 2)) > 0
    assert covered.any()
    assert torch.equal(result.query.movedim(1, -1)[covered], whole.max(1).indices.movedim(1, -1)[covered])


@pytest.mark.parametrize(('masks', 'classes'), [((1, 0, 2, 2), (0, 3)), ((1, 2, 2, 2), (3, 3)), ((2, 2, 2), (2, 3))])
def test_shapes_that_do_not_fit_are_refused(masks: tuple[int, ...], classes: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match='same queries'):
        class_maps(torch.zeros(masks), torch.zeros(classes))
