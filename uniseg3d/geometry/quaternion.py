"""Unit quaternions (w, x, y, z) and rotation matrices. Other orders occur in files only; convert them at that boundary."""

import torch
from torch import Tensor


def quaternion_to_matrix(quaternion: Tensor) -> Tensor:
    """Rotations [..., 3, 3] of quaternions [..., 4] (w, x, y, z) of any length but zero."""
    w, x, y, z = quaternion.unbind(-1)
    double = 2 / quaternion.square().sum(-1)
    rows = [
        1 - double * (y * y + z * z), double * (x * y - w * z), double * (x * z + w * y),
        double * (x * y + w * z), 1 - double * (x * x + z * z), double * (y * z - w * x),
        double * (x * z - w * y), double * (y * z + w * x), 1 - double * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def matrix_to_quaternion(rotation: Tensor) -> Tensor:
    """Unit quaternions [..., 4] (w, x, y, z) with w >= 0 of rotations [..., 3, 3].

    Each of 4|w|², 4|x|², 4|y|², 4|z|² follows from the diagonal; the largest gives the other three without cancellation.
    """
    m = rotation.flatten(-2)
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = m.unbind(-1)
    squares = torch.stack([1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], dim=-1)
    candidates = torch.stack(
        [
            torch.stack([squares[..., 0], m21 - m12, m02 - m20, m10 - m01], dim=-1),
            torch.stack([m21 - m12, squares[..., 1], m10 + m01, m02 + m20], dim=-1),
            torch.stack([m02 - m20, m10 + m01, squares[..., 2], m12 + m21], dim=-1),
            torch.stack([m10 - m01, m20 + m02, m21 + m12, squares[..., 3]], dim=-1),
        ],
        dim=-2,
    )  # [..., 4, 4], row k is 4 q_k · q
    largest = squares.argmax(-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    chosen = candidates.gather(-2, largest)[..., 0, :]
    return positive_real(torch.nn.functional.normalize(chosen, dim=-1))


def positive_real(quaternion: Tensor) -> Tensor:
    """The one of q and -q [..., 4] with w >= 0; both are the same rotation."""
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def conjugate(quaternion: Tensor) -> Tensor:
    """Inverse rotation of unit quaternions [..., 4]."""
    return quaternion * quaternion.new_tensor([1, -1, -1, -1])


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Quaternions [..., 4] of the rotation ``second`` followed by ``first``, as in a product of matrices."""
    w1, v1 = first[..., :1], first[..., 1:]
    w2, v2 = second[..., :1], second[..., 1:]
    real = w1 * w2 - (v1 * v2).sum(-1, keepdim=True)
    return torch.cat([real, w1 * v2 + w2 * v1 + torch.linalg.cross(v1, v2)], dim=-1)


def real_first(quaternion: Tensor) -> Tensor:
    """(w, x, y, z) of (x, y, z, w), as TUM files and SciPy have it; [..., 4]."""
    return quaternion.roll(1, -1)


def real_last(quaternion: Tensor) -> Tensor:
    """(x, y, z, w) of (w, x, y, z); [..., 4]."""
    return quaternion.roll(-1, -1)
