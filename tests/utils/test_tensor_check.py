"""What may be read as a tensor."""

import numpy as np
import pytest
import torch

from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor


@pytest.mark.parametrize(
    ('value', 'message'),
    [
        (None, 'points are a NoneType; expected a torch tensor'),
        (np.ones((2, 3)), 'points are a ndarray'),
        (torch.ones(2, 3, device='meta'), 'points are on the meta device'),
        (torch.ones(2, 3).to_sparse(), 'points are a tensor of layout torch.sparse_coo'),
    ],
)
def test_what_holds_no_numbers_is_refused(value: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        expect_tensor(value, 'points', '[N, 3]')


def test_dense_tensors_pass() -> None:
    for value in (torch.ones(2, 3), torch.ones(0), torch.ones(3, 2).T, torch.ones(1, dtype=torch.bool)):
        expect_tensor(value, 'points', '[N, 3]')
