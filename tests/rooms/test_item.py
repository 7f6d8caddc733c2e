"""Pieces of furniture in the world: poses, boxes and sets."""

import numpy as np
import pytest

from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.item import make_item, twin


def table() -> object:
    return next(variant for variant in VARIANTS['table'] if variant.name == 'rectangular table')


def test_given_sizes_are_kept_and_others_drawn() -> None:
    item = make_item(np.random.default_rng(0), table(), d=0.77, h=0.7)
    assert item.size[0] == 0.77
    assert item.size[2] == 0.7
    low, high = table().width
    assert low <= item.size[1] <= high
    assert item.extent[1, 2] == pytest.approx(0.7)


@pytest.mark.parametrize('yaw', [0.0, 0.7, np.pi / 2, -2.0])
def test_pose_moves_vertices_and_boxes_alike(yaw: float) -> None:
    item = make_item(np.random.default_rng(1), table()).at((3.0, -1.0), yaw, 0.5)
    local = np.concatenate([part.mesh.vertices for part in item.parts])
    world = item.vertices()
    back = (np.c_[world, np.ones(len(world))] @ np.linalg.inv(item.matrix()).T)[:, :3]
    np.testing.assert_allclose(back, local, atol=1e-9)
    np.testing.assert_allclose(item.world(0.3, -0.2), (item.matrix() @ (0.3, -0.2, 0, 1))[:2])
    corners = item.hull().corners()[0]
    reach = np.abs(item.extent[:, :2]).max(0)
    np.testing.assert_allclose(corners[2], item.world(*reach), atol=1e-9)
    assert item.hull().low[0] == pytest.approx(0.5)


def test_solids_separate_the_legs_of_a_table() -> None:
    item = make_item(np.random.default_rng(2), table())
    solids = item.solids()
    legs = solids.half[:, 0] < 0.1
    assert legs.sum() == 4
    assert np.ptp(solids.center[legs], axis=0).min() > 0.5


def test_a_twin_shares_the_shape_and_maybe_the_paint() -> None:
    rng = np.random.default_rng(3)
    first = make_item(rng, table()).at((1, 1), 0.3)
    same, other = twin(rng, first, same_paint=True), twin(rng, first, same_paint=False)
    assert same.parts is first.parts
    assert same.paint is first.paint
    assert other.paint is not first.paint
    same.at((5, 5), 0.0)
    assert first.x == 1
