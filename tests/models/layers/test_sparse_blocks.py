"""Parts of the residual blocks: norms in evaluation, and sums in place."""

import pytest
import torch
from torch import nn

from uniseg3d.models.layers.sparse_blocks import VoxelNorm, add_to
from uniseg3d.utils.errors import DataError


def norm_with_statistics(channels: int) -> VoxelNorm:
    norm = VoxelNorm(channels, eps=1e-4)
    for number, tensor in enumerate((norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var)):
        tensor.copy_(torch.rand(channels, generator=torch.Generator().manual_seed(number)) + 0.1)
    return norm


@pytest.mark.parametrize('rows', [0, 1, 50])
def test_evaluation_without_gradients_is_batch_norm(rows: int) -> None:
    ours = norm_with_statistics(6).eval()
    theirs = nn.BatchNorm1d(6, eps=1e-4).eval()
    theirs.load_state_dict(ours.state_dict())
    features = torch.randn(rows, 6) * 3
    with torch.no_grad():
        torch.testing.assert_close(ours(features), theirs(features), atol=2e-6, rtol=2e-6)
    assert torch.equal(ours(features), theirs(features)), "with gradients it is torch's own"


def test_half_features_keep_their_type() -> None:
    norm = norm_with_statistics(4).eval()
    with torch.no_grad():
        assert norm(torch.randn(5, 4).bfloat16()).dtype == torch.bfloat16


def test_one_voxel_has_no_statistics_in_training() -> None:
    with pytest.raises(DataError, match='only one voxel is left'):
        norm_with_statistics(4).train()(torch.randn(1, 4))


def test_sums_are_in_place_where_types_allow() -> None:
    result, shortcut = torch.ones(2, 3), torch.full((2, 3), 2.0)
    assert add_to(result, shortcut) is result and result.eq(3).all() and shortcut.eq(2).all()
    mixed = add_to(result.bfloat16(), shortcut)
    assert mixed.dtype == torch.float32 and mixed.eq(5).all()
    leaf = torch.ones(2, 3, requires_grad=True)
    add_to(leaf * 2, leaf).sum().backward()
    assert leaf.grad.eq(3).all()
