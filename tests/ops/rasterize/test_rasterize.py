"""The rasterizer beside its literal twin, finite differences, and at its limits."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from gaussian_scenes import cloud, look
from torch import Tensor

from uniseg3d.geometry.cameras import crop_intrinsics
from uniseg3d.ops.rasterize import STANDARD, SYMMETRIC, Cameras, Rules, rasterize
from uniseg3d.ops.rasterize.blending import blend
from uniseg3d.ops.rasterize.footprints import Footprints, find_footprints
from uniseg3d.utils.errors import ConfigError, DataError

sys.path.insert(0, str(Path(__file__).parents[3] / 'tools'))

from peers.literal_rasterizer import literal_image


def literal(scene: dict[str, Tensor], channels: Tensor, cameras: Cameras) -> Tensor:
    pose = torch.linalg.inv(cameras.camera_to_world[0])
    parts = (scene[name].detach() for name in ('means', 'covariances', 'opacities'))
    return literal_image(*parts, channels.detach(), pose, cameras.intrinsics[0], cameras.size, cameras.near)


@pytest.mark.parametrize('seed', range(3))
def test_equals_the_literal_twin(seed: int) -> None:
    scene, cameras = cloud(600, seed), look(size=(33, 21))
    channels = torch.cat([scene['means'][:, 2:], torch.ones(600, 1).double(), scene['features']], 1)
    expected = literal(scene, channels, cameras)
    result = rasterize(**scene, cameras=cameras)
    assert expected[..., 1].max() > 0.9995  # some pixels are opaque: the rule that ends them took part
    torch.testing.assert_close(result.features[0].movedim(0, -1), expected[..., 2:], rtol=0, atol=1e-9)
    torch.testing.assert_close(result.depth[0], expected[..., 0], rtol=0, atol=1e-9)
    torch.testing.assert_close(result.alpha[0], expected[..., 1], rtol=0, atol=1e-9)


def soft(count: int, seed: int = 0) -> dict[str, Tensor]:
    """Large faint gaussians inside the image: no pixel becomes opaque, so that nothing jumps where a difference is taken."""
    scene = cloud(count, seed)
    scene['means'] = scene['means'] * torch.tensor([0.2, 0.2, 1]).double()
    scene['covariances'] = scene['covariances'] * 4
    scene['opacities'] = 0.1 + 0.3 * scene['opacities']
    return scene


@pytest.mark.parametrize('rules', [STANDARD, SYMMETRIC], ids=['standard', 'symmetric'])
def test_gradients_are_finite_differences(rules: Rules) -> None:
    scene, cameras = soft(6), look(views=2, size=(9, 11))
    weight = torch.rand(2, 7, 9, 11, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    names = list(scene)

    def loss(*parts: Tensor) -> Tensor:
        drawn = rasterize(**dict(zip(names, parts, strict=True)), cameras=cameras, rules=rules)
        image = torch.cat([drawn.color, drawn.features, drawn.depth[:, None], drawn.alpha[:, None]], 1)
        return (image * weight).sum()

    parts = [scene[name].requires_grad_() for name in names]
    loss(*parts).backward()
    generator = torch.Generator().manual_seed(2)
    for index, part in enumerate(parts):
        for _ in range(3):
            step = torch.randn(part.shape, generator=generator, dtype=part.dtype) * 1e-6
            sides = [[*parts[:index], part.detach() + sign * step, *parts[index + 1 :]] for sign in (1, -1)]
            slope = (loss(*sides[0]) - loss(*sides[1])) / 2
            torch.testing.assert_close((part.grad * step).sum(), slope.detach(), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(('rules', 'passes'), [(STANDARD, False), (SYMMETRIC, True)])
def test_clamps_stop_gradients_or_let_them_pass(rules: Rules, passes: bool) -> None:
    opacity = torch.ones(1, dtype=torch.float64, requires_grad=True)
    where, conic, box = torch.tensor([[2.0, 2.0]]), torch.tensor([[0.1, 0.0, 0.1]]), torch.tensor([[0, 5, 0, 5]])
    shape = where.double(), conic.double(), opacity, torch.ones(1).double()
    found = Footprints(torch.tensor([0]), *shape, torch.tensor([[9, 9]]), box, (5, 5))
    image = blend(found, torch.ones(1, 1).double(), rules)
    assert float(image[2, 2].detach()) == rules.largest_alpha
    image[2, 2].sum().backward()
    assert bool(opacity.grad) == passes


@pytest.mark.parametrize('budget', [1, 700])
def test_small_windows_change_nothing(budget: int) -> None:
    scene, cameras = cloud(40), look(size=(9, 12))
    results = []
    for size in (budget, 2**22):
        shape = [scene[name].clone().requires_grad_() for name in ('means', 'covariances', 'opacities')]
        pose, camera = torch.eye(4, dtype=torch.float64), cameras.intrinsics[0]
        found = find_footprints(*shape, pose, camera, cameras.size, 0.02, 100, STANDARD)
        image = blend(found, scene['features'][found.index], STANDARD, size)
        image.square().sum().backward()
        results.append([image, *(part.grad for part in shape)])
    for some, whole in zip(*results, strict=True):
        torch.testing.assert_close(some, whole, rtol=1e-9, atol=1e-9)


def test_a_cut_out_shows_what_the_whole_image_shows_there() -> None:
    scene, whole = cloud(80), look(size=(32, 48))
    part = Cameras(whole.camera_to_world, crop_intrinsics(whole.intrinsics, 16, 16), (16, 32))
    expected = rasterize(**scene, cameras=whole).features[..., 16:, 16:]
    result = rasterize(**scene, cameras=part).features
    inner = slice(4, -4)  # the bounded slope depends on the distance from the edge
    assert float((result - expected)[..., inner, inner].abs().max()) < 0.05


def test_masks_times_classes_equal_the_rendered_table() -> None:
    scene, queries = cloud(60), 4
    generator = torch.Generator().manual_seed(0)
    masks = torch.rand(60, queries, generator=generator).double()
    classes = torch.rand(queries, 21, generator=generator).double().softmax(1)
    shape = {name: scene[name] for name in ('means', 'covariances', 'opacities')}
    table = (masks[:, :, None] * classes).flatten(1)  # what the original renders: 21 times the channels
    whole = rasterize(**shape, features=table, cameras=look()).features.unflatten(1, (queries, 21))
    result = rasterize(**shape, features=masks, cameras=look()).features
    torch.testing.assert_close(result[:, :, None] * classes[:, :, None, None], whole)


def test_views_are_drawn_one_by_one() -> None:
    scene, cameras = cloud(40), look(views=3)
    together = rasterize(**scene, cameras=cameras)
    for view in range(3):
        alone = Cameras(cameras.camera_to_world[view, None], cameras.intrinsics[view, None], cameras.size)
        torch.testing.assert_close(rasterize(**scene, cameras=alone).color[0], together.color[view])


def test_background_shows_where_nothing_hides_it() -> None:
    scene, cameras = cloud(5), look()
    background = torch.tensor([0.2, 0.4, 0.6], dtype=torch.float64)
    black = rasterize(**scene, cameras=cameras)
    result = rasterize(**scene, cameras=cameras, background=background)
    empty = black.alpha[0] == 0
    assert empty.any()
    assert torch.equal(result.color[0][:, empty], background[:, None].expand(3, int(empty.sum())))
    torch.testing.assert_close(result.color - black.color, (1 - black.alpha)[:, None] * background[:, None, None])


@pytest.mark.parametrize('count', [0, 1])
def test_nothing_to_see(count: int) -> None:
    scene = {name: value.requires_grad_() for name, value in cloud(count).items()}
    behind = Cameras(torch.diag(torch.tensor([1.0, 1, -1, 1]))[None], look().intrinsics.float(), (4, 6))
    result = rasterize(**scene, cameras=behind)
    assert result.color.shape == (1, 3, 4, 6) and not result.color.any() and not result.alpha.any()
    (result.color.sum() + result.depth.sum()).backward()
    assert not scene['means'].grad.any()


def test_the_order_is_that_of_depth() -> None:
    means = torch.tensor([[0, 0, 3.0], [0, 0, 2.0]])
    parts = means, 3 * torch.eye(3).repeat(2, 1, 1), torch.full((2,), 0.99)
    cameras = Cameras(torch.eye(4)[None], torch.tensor([[[10.0, 0, 2], [0, 10, 2], [0, 0, 1]]]), (5, 5))
    image = rasterize(*parts, cameras, features=torch.eye(2)).features[0]
    assert image[1].min() > 0.9 and image[0].max() < 0.1


def test_half_precision_is_drawn_in_single() -> None:
    scene = cloud(30, dtype=torch.float32)
    expected = rasterize(**scene, cameras=look(dtype=torch.float32))
    with torch.autocast('cpu', torch.bfloat16):
        result = rasterize(**scene, cameras=look(dtype=torch.float32))
    assert torch.equal(result.color, expected.color)
    halves = {name: value.half() for name, value in scene.items()}
    assert rasterize(**halves, cameras=look()).color.dtype == torch.float32


@pytest.mark.parametrize(
    ('name', 'shape'),
    [('covariances', (7, 6)), ('opacities', (7, 1)), ('harmonics', (7, 16, 3)), ('features', (6, 2))],
)
def test_a_wrong_shape_is_named(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=name):
        rasterize(**(cloud(7) | {name: torch.zeros(shape)}), cameras=look())


def test_back_ends_say_why_they_cannot() -> None:
    with pytest.raises(ConfigError, match='unknown rasterizer'):
        rasterize(**cloud(2), cameras=look(), backend='opengl')
    with pytest.raises(ConfigError, match='float32 on CUDA'):
        rasterize(**cloud(2), cameras=look(), backend='gsplat')


@pytest.mark.skipif(not torch.cuda.is_available() or find_spec('gsplat') is None, reason='needs a GPU and gsplat')
def test_gsplat_equals_the_torch_twin() -> None:
    scene = {name: value.cuda().requires_grad_() for name, value in cloud(200, dtype=torch.float32).items()}
    cameras = look(views=2, dtype=torch.float32)
    cameras = Cameras(cameras.camera_to_world.cuda(), cameras.intrinsics.cuda(), cameras.size)
    grads = []
    for backend in ('torch', 'gsplat'):
        drawn = rasterize(**scene, cameras=cameras, backend=backend)
        grads.append([drawn.color, *torch.autograd.grad(drawn.color.square().sum(), list(scene.values()), allow_unused=True)])
    for ours, theirs in zip(*grads, strict=True):
        if ours is not None:
            assert float((ours - theirs).abs().max() / ours.abs().max().clamp_min(1e-9)) < 1e-3
