"""Points that would hide what another view sees."""

import torch

from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.geometry.pointmap_cleaning import clean_confidence


def views():
    """Two cameras at one place that look at the same wall, two metres away."""
    depth, matrix = torch.full((6, 8), 2.0), torch.tensor([[8.0, 0, 4], [0, 8, 3], [0, 0, 1]])
    points = depth_to_pointmap(depth, matrix)
    return [points, points.clone()], [depth, depth.clone()], torch.eye(4).repeat(2, 1, 1), matrix.repeat(2, 1, 1)


def test_agreement_changes_nothing():
    points, depths, poses, matrices = views()
    confidences = [torch.full((6, 8), 2.0), torch.full((6, 8), 3.0)]
    cleaned = clean_confidence(points, depths, confidences, poses, matrices)
    assert all(torch.equal(a, b) for a, b in zip(cleaned, confidences, strict=True))


def test_a_floating_point_loses_its_confidence_if_the_other_view_is_surer():
    points, depths, poses, matrices = views()
    points[0][2, 3] *= 0.5
    depths[0][2, 3] *= 0.5
    sure = [torch.full((6, 8), 2.0), torch.full((6, 8), 3.0)]
    first, second = clean_confidence(points, depths, sure, poses, matrices)
    assert first[2, 3] == 0 and (first == 0).sum() == 1 and torch.equal(second, sure[1])
    kept = clean_confidence(points, depths, sure[::-1], poses, matrices)
    assert torch.equal(kept[0], sure[1]), 'the surer one is right'


def test_points_behind_and_beside_are_left_alone():
    points, depths, poses, matrices = views()
    points[0][0, 0], points[0][1, 1], points[0][2, 2] = torch.tensor([[0, 0, -1.0], [50, 0, 1], [float('nan')] * 3])
    sure = [torch.full((6, 8), 2.0), torch.full((6, 8), 3.0)]
    assert torch.equal(clean_confidence(points, depths, sure, poses, matrices)[0], sure[0])
    assert sure[0].min() == 2, 'what is given stays'
