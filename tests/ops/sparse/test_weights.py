"""Weight layouts of other engines."""

import pytest
import torch

from uniseg3d.ops.sparse.weights import convert_minkowski_state, from_minkowski, from_spconv, to_minkowski
from uniseg3d.utils.errors import CheckpointError


def test_spconv_layouts_are_told_apart_by_shape() -> None:
    weight = torch.randn(8, 2, 2, 2, 6)
    old = weight.permute(1, 2, 3, 4, 0).contiguous()
    assert torch.equal(from_spconv(old, (8, 2, 2, 2, 6)), weight)
    assert from_spconv(weight, (8, 2, 2, 2, 6)) is weight
    with pytest.raises(CheckpointError, match=r'unet.weight has shape \[8, 2, 2, 2, 6\]; expected \[6, 2, 2, 2, 8\]'):
        from_spconv(weight, (6, 2, 2, 2, 8), 'unet.weight')


@pytest.mark.parametrize('shape', [(27, 3, 4), (8, 1, 2), (125, 2, 2), (3, 4)])
def test_minkowski_round_trip(shape: tuple[int, ...]) -> None:
    kernel = torch.randn(shape)
    assert torch.equal(to_minkowski(from_minkowski(kernel)), kernel)


def test_minkowski_counts_the_first_axis_fastest() -> None:
    weight = from_minkowski(torch.arange(27.0)[:, None, None])
    assert weight[0, 1, 0, 0, 0] == 1 and weight[0, 0, 1, 0, 0] == 3 and weight[0, 0, 0, 1, 0] == 9


def test_minkowski_state() -> None:
    state = convert_minkowski_state({'conv.kernel': torch.ones(8, 2, 3), 'bn.weight': torch.ones(3)})
    assert {name: tuple(value.shape) for name, value in state.items()} == {'conv.weight': (3, 2, 2, 2, 2), 'bn.weight': (3,)}
    with pytest.raises(CheckpointError, match=r'final.kernel has shape \[9, 2, 2\]; expected \[k\^3, Cin, Cout\]'):
        convert_minkowski_state({'final.kernel': torch.ones(9, 2, 2)})
