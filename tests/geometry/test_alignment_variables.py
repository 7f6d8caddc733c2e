"""The objective of an alignment against loops over its formula."""

import pytest
import torch
from pair_scenes import make_maps, make_scene
from scipy.spatial.transform import Rotation

from uniseg3d.geometry.alignment_variables import KnownCameras, Objective, SceneVariables
from uniseg3d.utils.errors import ConfigError

SIZES = [(3, 4), (4, 2), (3, 3)]
PAIRS = [(0, 1), (1, 0), (2, 0), (1, 2)]


@pytest.fixture
def maps():
    return make_maps(make_scene(SIZES, focal=5.0), PAIRS)


def random_variables(maps, known=None):
    torch.manual_seed(2)
    variables = SceneVariables.of(maps, known or KnownCameras.of(maps))
    for name in ('log_depth', 'cameras', 'log_focal', 'centres', 'transforms', 'adaptors'):
        setattr(variables, name, torch.randn_like(getattr(variables, name)))
    return variables


def rigid(numbers):
    """Rotation and shift of seven numbers, as numpy sees them."""
    quaternion, shift = numbers[:4].double().numpy(), numbers[4:7].double()
    return torch.from_numpy(Rotation.from_quat(quaternion).as_matrix()), shift.sign() * (shift.abs().exp() - 1)


def literal(maps, variables, weight, squared=False):
    """The formula, pixel by pixel."""
    total = 0.0
    correction = 0.5 * torch.exp(-variables.transforms[:, 7].double().mean())
    for role in (0, 1):
        area = sum(SIZES[pair[role]][0] * SIZES[pair[role]][1] for pair in PAIRS)
        for edge, pair in enumerate(PAIRS):
            image, (height, width) = pair[role], SIZES[pair[role]]
            turn, shift = rigid(variables.cameras[image])
            pair_turn, pair_shift = rigid(variables.transforms[edge])
            scale = variables.transforms[edge, 7].double().exp() * correction
            stretch = variables.adaptors[edge].double()[[0, 0, 1]]
            stretch = ((stretch - stretch.mean()) / 20).exp()
            focal = (variables.log_focal[image].double() / 20).exp()
            centre = torch.tensor([width / 2, height / 2]) + 10 * variables.centres[image].double()
            for v in range(height):
                for u in range(width):
                    depth = variables.log_depth[image, v * width + u].double().exp()
                    ray = torch.stack([(u - centre[0]) * depth / focal, (v - centre[1]) * depth / focal, depth])
                    seen = scale * (pair_turn @ (stretch * maps.points[edge, role, v * width + u].double()) + pair_shift)
                    distance = (turn @ ray + shift - seen).norm()
                    sure = weight(maps.confidence[edge, role, v * width + u].double())
                    total += sure * (distance**2 if squared else distance) / area
    return float(total)


@pytest.mark.parametrize(
    ('name', 'weight'),
    [('log', torch.log), ('sqrt', torch.sqrt), ('minus one', lambda c: c - 1), ('plain', lambda c: c)],
)
def test_equals_the_formula(maps, name, weight):
    variables = random_variables(maps)
    assert float(Objective.of(maps, name)(variables)) == pytest.approx(literal(maps, variables, weight), rel=1e-5)


def test_squared_distances(maps):
    variables = random_variables(maps)
    expected = literal(maps, variables, torch.log, squared=True)
    assert float(Objective.of(maps, squared=True)(variables)) == pytest.approx(expected, rel=1e-5)


def test_the_scale_cannot_vanish(maps):
    variables = random_variables(maps)
    before = variables.pair_similarities().scale
    assert float(before.log().mean().exp()) == pytest.approx(0.5)
    variables.transforms[:, 7] -= 3
    torch.testing.assert_close(variables.pair_similarities().scale, before)


def test_stretches_keep_the_volume(maps):
    stretches = random_variables(maps).stretches()
    torch.testing.assert_close(stretches.prod(1), torch.ones(len(PAIRS)))
    assert not torch.allclose(stretches, torch.ones_like(stretches))


def test_similarities_are_kept(maps):
    variables = random_variables(maps)
    wanted = variables.pair_similarities()
    again = SceneVariables.of(maps, variables.known)
    again.set_pair_similarities(wanted)
    for ours, theirs in zip(again.pair_similarities(), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_known_cameras_stay(maps):
    scene = make_scene(SIZES)
    poses, matrices = scene.poses.clone(), scene.intrinsics.clone()
    poses[1], matrices[2] = float('nan'), float('nan')
    known = KnownCameras.of(maps, poses, matrices)
    assert known.has_pose.tolist() == [True, False, True] and not known.complete()
    variables = random_variables(maps, known)
    variables.cameras.requires_grad_()
    assert torch.equal(variables.poses()[[0, 2]], scene.poses[[0, 2]])
    assert torch.equal(variables.intrinsics()[:2], scene.intrinsics[:2])
    Objective.of(maps)(variables).backward()
    assert variables.cameras.grad.isfinite().all()
    assert variables.cameras.grad[1].any() and not variables.cameras.grad[[0, 2]].any()
    assert float(variables.scale_correction()) == 1


def test_pixels_beyond_an_image_have_no_weight(maps):
    variables = random_variables(maps)
    before = Objective.of(maps)(variables)
    variables.log_depth[1, 8:] = 7.0
    assert torch.equal(before, Objective.of(maps)(variables))
    assert maps.pixel_positions[1, :8].tolist() == [[u, v] for v in range(4) for u in range(2)]


def test_what_is_unknown(maps):
    with pytest.raises(ConfigError, match='weight'):
        Objective.of(maps, 'cubed')
    with pytest.raises(ConfigError, match=r'known poses have shape \[2, 4, 4\]'):
        KnownCameras.of(maps, torch.eye(4).repeat(2, 1, 1))
