"""Camera poses from three points and the rays on which they are seen, for many triples at once."""

import torch
from torch import Tensor

from uniseg3d.geometry.alignment import register_pose


def poses_of_triples(points: Tensor, rays: Tensor) -> Tensor:
    """The up to four world-to-camera poses [K, 4, 4, 4] that put points [K, 3, 3] on unit rays [K, 3, 3].

    After Grunert (1841) in the form of Haralick et al. (1994): the law of cosines in the three triangles with the camera
    gives a quartic for the ratio of two distances. Its complex roots and impossible triples lead to poses that fit nothing.
    """
    distances = _distances(points, rays)  # [K, 4, 3]
    seen = distances[..., None] * rays[:, None]  # [K, 4, 3, 3] in the camera's frame
    usable = seen.isfinite().flatten(2).all(-1) & (distances > 0).all(-1)
    seen = torch.where(usable[..., None, None], seen, rays[:, None])
    return register_pose(points[:, None].expand_as(seen), seen)


def _distances(points: Tensor, rays: Tensor) -> Tensor:
    """Distances [K, 4, 3] of the three points from the camera, one row per root."""
    side = (points[:, [1, 0, 0]] - points[:, [2, 2, 1]]).square().sum(-1)  # [K, 3] opposite of each point
    cosine = (rays[:, [1, 0, 0]] * rays[:, [2, 2, 1]]).sum(-1)  # [K, 3] of the angles under which the sides are seen
    a, c = (side[:, [0, 2]] / side[:, 1:2]).unbind(-1)  # in units of the second side
    ca, cb, cg = cosine.unbind(-1)
    d = a - c
    v = _real_roots(_quartic(a, c, d, ca, cb, cg))  # [K, 4] third distance / first
    a, c, d, ca, cb, cg, b = (value[:, None] for value in (a, c, d, ca, cb, cg, side[:, 1]))
    u = ((d - 1) * v * v - 2 * d * cb * v + 1 + d) / (2 * (cg - v * ca))  # second / first
    first = (b / (1 + v * v - 2 * v * cb)).sqrt()
    return first[..., None] * torch.stack([torch.ones_like(v), u, v], dim=-1)


def _quartic(a: Tensor, c: Tensor, d: Tensor, ca: Tensor, cb: Tensor, cg: Tensor) -> Tensor:
    """Coefficients [K, 5], constant first."""
    s = a + c
    return torch.stack(
        [
            (1 + d) ** 2 - 4 * a * cg**2,
            4 * (-d * (1 + d) * cb + 2 * a * cg**2 * cb - (1 - s) * ca * cg),
            2 * (d**2 - 1 + 2 * d**2 * cb**2 + 2 * (1 - c) * ca**2 - 4 * s * ca * cb * cg + 2 * (1 - a) * cg**2),
            4 * (d * (1 - d) * cb - (1 - s) * ca * cg + 2 * c * ca**2 * cb),
            (d - 1) ** 2 - 4 * c * ca**2,
        ],
        dim=-1,
    )


def _real_roots(coefficients: Tensor) -> Tensor:
    """Real parts [K, 4] of the roots of quartics [K, 5]: eigenvalues of their companion matrices."""
    monic = (coefficients[:, :-1] / coefficients[:, -1:]).nan_to_num(0, 0, 0).cpu()  # on the CPU, where small ones are fast
    companion = torch.diag_embed(monic.new_ones(3), offset=-1).repeat(len(monic), 1, 1)
    companion[:, :, -1] = -monic
    return torch.linalg.eigvals(companion).real.to(coefficients.device)
