import torch
from geometry_samples import random_rotations
from scipy.spatial.transform import Rotation

from uniseg3d.geometry.quaternion import (
    conjugate,
    matrix_to_quaternion,
    multiply,
    positive_real,
    quaternion_to_matrix,
    real_first,
    real_last,
)


def random_quaternions(count, seed=0):
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_matrices_are_those_of_scipy_at_any_length():
    quaternion = random_quaternions(50)
    expected = Rotation.from_quat(real_last(quaternion).numpy()).as_matrix()
    torch.testing.assert_close(quaternion_to_matrix(quaternion), torch.from_numpy(expected))


def test_quaternions_are_those_of_scipy():
    rotation = random_rotations(4, 50)
    flat = Rotation.from_matrix(rotation.reshape(-1, 3, 3).numpy()).as_quat(canonical=True)
    torch.testing.assert_close(matrix_to_quaternion(rotation).reshape(-1, 4), real_first(torch.from_numpy(flat)))


def test_half_turns_and_next_to_them_keep_full_precision():
    axes = torch.cat([torch.eye(3), torch.tensor([[1.0, 1, 0], [0, -1, 1], [1, 1, 1]])]).double()
    for tilt in (0.0, 1e-9, 1e-3):
        half = torch.cat([torch.full((6, 1), tilt).double(), torch.nn.functional.normalize(axes, dim=-1)], -1)
        found = matrix_to_quaternion(quaternion_to_matrix(half))
        torch.testing.assert_close(quaternion_to_matrix(found), quaternion_to_matrix(half))
        assert (found[:, 0] >= 0).all()


def test_the_way_back_is_differentiable_everywhere():
    for quaternion in (torch.tensor([1.0, 0, 0, 0]), torch.tensor([0.0, 1, 0, 0]), torch.tensor([0.5, 0.5, 0.5, 0.5])):
        rotation = quaternion_to_matrix(quaternion.double()).requires_grad_()
        matrix_to_quaternion(rotation).sum().backward()
        assert rotation.grad.isfinite().all()
    rotation = random_rotations(5, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(matrix_to_quaternion, rotation)
    assert torch.autograd.gradcheck(quaternion_to_matrix, random_quaternions(5).requires_grad_())


def test_products_are_those_of_the_matrices():
    first, second = (torch.nn.functional.normalize(random_quaternions(20, seed), dim=-1) for seed in (1, 2))
    product = quaternion_to_matrix(multiply(first, second))
    torch.testing.assert_close(product, quaternion_to_matrix(first) @ quaternion_to_matrix(second))
    torch.testing.assert_close(quaternion_to_matrix(conjugate(first)), quaternion_to_matrix(first).mT)


def test_orders_and_signs():
    quaternion = torch.tensor([[1.0, 2, 3, 4], [-1, 2, 3, 4]])
    assert real_last(quaternion)[0].tolist() == [2, 3, 4, 1] and torch.equal(real_first(real_last(quaternion)), quaternion)
    assert positive_real(quaternion).tolist() == [[1, 2, 3, 4], [1, -2, -3, -4]]
