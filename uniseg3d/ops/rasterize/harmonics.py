"""Real spherical harmonics up to degree 4, in the order and with the signs of files of gaussians."""

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

CONSTANT = 0.28209479177387814
DEGREES = {1: 0, 4: 1, 9: 2, 16: 3, 25: 4}  # by number of coefficients


def harmonics_degree(count: int) -> int:
    """Degree of ``count`` coefficients per colour."""
    if count not in DEGREES:
        raise DataError(f'{count} harmonic coefficients per colour; expected one of {", ".join(map(str, DEGREES))}')
    return DEGREES[count]


def harmonics_basis(directions: Tensor, degree: int) -> Tensor:
    """Values [..., (degree + 1)²] at unit ``directions`` [..., 3]."""
    x, y, z = directions.unbind(-1)
    values = [torch.full_like(x, CONSTANT)]
    if degree > 0:
        values += [-0.4886025119029199 * y, 0.4886025119029199 * z, -0.4886025119029199 * x]
    if degree > 1:
        values += [
            1.0925484305920792 * x * y,
            -1.0925484305920792 * y * z,
            0.31539156525252005 * (2 * z * z - x * x - y * y),
            -1.0925484305920792 * x * z,
            0.5462742152960396 * (x * x - y * y),
        ]
    if degree > 2:
        values += _third(x, y, z)
    if degree > 3:
        values += _fourth(x, y, z)
    return torch.stack(values, dim=-1)


def _third(x: Tensor, y: Tensor, z: Tensor) -> list[Tensor]:
    return [
        -0.5900435899266435 * y * (3 * x * x - y * y),
        2.890611442640554 * x * y * z,
        -0.4570457994644658 * y * (4 * z * z - x * x - y * y),
        0.3731763325901154 * z * (2 * z * z - 3 * x * x - 3 * y * y),
        -0.4570457994644658 * x * (4 * z * z - x * x - y * y),
        1.445305721320277 * z * (x * x - y * y),
        -0.5900435899266435 * x * (x * x - 3 * y * y),
    ]


def _fourth(x: Tensor, y: Tensor, z: Tensor) -> list[Tensor]:
    """Signs continue those of the lower degrees: minus where the order is odd."""
    xx, yy, zz = x * x, y * y, z * z
    return [
        2.5033429417967046 * x * y * (xx - yy),
        -1.7701307697799304 * y * z * (3 * xx - yy),
        0.9461746957575601 * x * y * (7 * zz - 1),
        -0.6690465435572892 * y * z * (7 * zz - 3),
        0.10578554691520431 * (35 * zz * zz - 30 * zz + 3),
        -0.6690465435572892 * x * z * (7 * zz - 3),
        0.47308734787878004 * (xx - yy) * (7 * zz - 1),
        -1.7701307697799304 * x * z * (xx - 3 * yy),
        0.6258357354491761 * (xx * (xx - 3 * yy) - yy * (3 * xx - yy)),
    ]


def seen_colors(means: Tensor, harmonics: Tensor, centers: Tensor, degree: int = 3) -> Tensor:
    """Colours [V, G, 3] (0 is black, 1 white, not bounded above) of gaussians seen from camera ``centers`` [V, 3].

    ``means`` [G, 3], ``harmonics`` [G, 3, K]; bands above ``degree`` are left out.
    """
    degree = min(degree, harmonics_degree(harmonics.shape[-1]))
    directions = torch.nn.functional.normalize(means - centers[:, None], dim=-1)  # [V, G, 3]
    basis = harmonics_basis(directions, degree)  # [V, G, k]
    return (0.5 + torch.einsum('vgk,gck->vgc', basis, harmonics[..., : basis.shape[-1]])).clamp_min(0)
