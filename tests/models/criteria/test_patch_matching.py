import math

import torch

from uniseg3d.models.criteria.patch_matching import PatchMatching
from uniseg3d.structures.view_batch import ViewBatch

CAMERA = torch.tensor([[24.0, 0, 15.5], [0, 24, 11.5], [0, 0, 1]])


def wall(shift: float = 0.0, depth: float = 2.0) -> ViewBatch:
    """A wall, seen from two places that are ``shift`` metres apart, sideways: 24 pixels per metre at one metre."""
    poses = torch.eye(4).repeat(1, 2, 1, 1)
    poses[0, 1, 0, 3] = shift
    return ViewBatch(
        ['wall'],
        torch.zeros(1, 2, 3, 24, 32),
        [['0', '1']],
        poses,
        CAMERA.expand(1, 2, 3, 3),
        torch.full((1, 2, 24, 32), depth),
    )


def looks(order: torch.Tensor) -> torch.Tensor:
    return torch.eye(12)[order][None]


def loss(first: torch.Tensor, other: torch.Tensor, batch: ViewBatch) -> float:
    return PatchMatching(patch=8, temperature=0.1)([first, other], batch)['loss_matching'].item()


def test_patches_that_look_as_their_partners_cost_nothing():
    same, turned = torch.arange(12), torch.arange(12).flip(0)
    assert loss(looks(same), looks(same), wall()) < 1e-3
    assert loss(looks(same), looks(turned), wall()) > 5


def test_partners_are_where_the_same_place_is():
    """Two thirds of a metre at two metres are eight pixels: the partner is the next patch."""
    shifted = torch.arange(12).view(3, 4).roll(-1, 1).flatten()
    assert loss(looks(torch.arange(12)), looks(shifted), wall(2 / 3)) < 1e-3
    assert loss(looks(torch.arange(12)), looks(torch.arange(12)), wall(2 / 3)) > 5


def test_nothing_in_common_and_nothing_measured_teach_nothing():
    alike = torch.nn.functional.normalize(torch.ones(1, 12, 4), dim=-1).requires_grad_()
    for batch in (wall(100.0), wall(depth=0.0)):
        term = PatchMatching(patch=8)([alike, alike], batch)['loss_matching']
        term.backward()
        assert term.item() == 0 and alike.grad.abs().max() == 0


def test_patches_that_are_all_alike_cost_the_logarithm_of_their_number():
    alike = torch.nn.functional.normalize(torch.ones(1, 12, 4), dim=-1)
    found = PatchMatching(patch=8, weight=0.5)([alike, alike], wall())['loss_matching']
    assert abs(found.item() - 0.5 * math.log(12)) < 1e-5
