"""B16: pictures of gaussians beside a loop over pixels, and labels by masks beside a table of queries and classes."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from peers.literal_rasterizer import literal_image
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.ops.rasterize import Cameras, cpu_kernel, rasterize

SIDE = 256  # pixels; two photos of them become gaussians
BESIDE_LOOP = 48  # where the loop takes part
QUERIES, CLASSES = 20, 21
FOCAL = 1.25  # per side


def drawing(settings: Settings) -> Iterator[Item]:
    """B16: one view of two photos' gaussians."""
    side = max(settings.sizes_or(SIDE))
    yield _beside_loop(min(side, BESIDE_LOOP), settings.device)
    yield from _whole(side, settings.device)
    yield _labels(side // 2, settings.device)


def photo_gaussians(side: int, device: str) -> tuple[dict[str, Tensor], Cameras]:
    """A gaussian of about its size for every pixel of two views of a bent wall, and the first view's camera."""
    generator = torch.Generator().manual_seed(0)
    focal, middle = FOCAL * side, (side - 1) / 2
    row, column = torch.meshgrid(torch.arange(side) * 1.0, torch.arange(side) * 1.0, indexing='ij')
    clouds = []
    for view in range(2):
        depth = 2 + 0.5 * torch.sin(column * 6 / side) + 0.3 * torch.cos(row * 8 / side + view)
        depth = depth + 0.02 * torch.randn(side, side, generator=generator)
        clouds.append(torch.stack([(column - middle) / focal * depth + 0.1 * view, (row - middle) / focal * depth, depth], -1))
    means = torch.cat([cloud.view(-1, 3) for cloud in clouds])
    count = len(means)
    scales = means[:, 2:] / focal * torch.exp(0.4 * torch.randn(count, 3, generator=generator))
    turned = quaternion_to_matrix(torch.randn(count, 4, generator=generator)) * scales[:, None]
    scene = {
        'means': means,
        'covariances': turned @ turned.mT,
        'opacities': torch.rand(count, generator=generator),
        'features': torch.rand(count, 3, generator=generator),
    }
    camera = torch.tensor([[focal, 0, middle], [0, focal, middle], [0, 0, 1]])
    cameras = Cameras(torch.eye(4, device=device)[None], camera.to(device)[None], (side, side))
    return {name: value.to(device) for name, value in scene.items()}, cameras


def _beside_loop(side: int, device: str) -> Item:
    scene, cameras = photo_gaussians(side, device)
    shape = scene['means'], scene['covariances'], scene['opacities']

    def literal() -> Tensor:
        return literal_image(*shape, scene['features'], torch.eye(4, device=device), cameras.intrinsics[0], cameras.size)

    def ours(backend: str) -> Tensor:
        features = rasterize(**scene, cameras=cameras, backend=backend).features
        assert features is not None
        return features[0].movedim(0, -1)

    works: dict[str, Callable[[], Tensor]] = {backend: partial(ours, backend) for backend in _backends(scene)}
    expected = literal().to(device)
    for backend, work in works.items():
        require_close('B16', backend, work(), expected, 1e-4)
    works['loop over pixels'] = literal
    return Item('B16', 'one view', f'2 x {side} x {side} gaussians', 'loop over pixels', works)


def _backends(scene: dict[str, Tensor]) -> list[str]:
    return ['torch', *(['cpu'] if cpu_kernel.refuses(scene['means']) is None else [])]


def _whole(side: int, device: str) -> Iterator[Item]:
    scene, cameras = photo_gaussians(side, device)
    parts = {name: value.requires_grad_() for name, value in scene.items()}

    def forward(backend: str) -> None:
        with torch.no_grad():
            rasterize(**parts, cameras=cameras, backend=backend)

    def both(backend: str) -> None:
        drawn = rasterize(**parts, cameras=cameras, backend=backend)
        assert drawn.features is not None
        torch.autograd.grad(drawn.features.square().sum() + drawn.depth.sum(), list(parts.values()))

    for what, work in (('forward', forward), ('forward + backward', both)):
        works = {backend: partial(work, backend) for backend in _backends(scene)}
        yield Item('B16', f'one view {what}', f'2 x {side} x {side} gaussians', 'torch', works)


def _labels(side: int, device: str) -> Item:
    """The table has a channel for every query and class; the masks have one for every query."""
    scene, cameras = photo_gaussians(side, device)
    generator = torch.Generator().manual_seed(1)
    masks = torch.rand(len(scene['means']), QUERIES, generator=generator).to(device)
    classes = torch.rand(QUERIES, CLASSES, generator=generator).softmax(1).to(device)
    shape = {name: scene[name] for name in ('means', 'covariances', 'opacities')}

    def draw(features: Tensor) -> Tensor:
        drawn = rasterize(**shape, features=features, cameras=cameras).features
        assert drawn is not None
        return drawn[0]

    def by_masks() -> Tensor:
        drawn = draw(masks)  # [Q, H, W]
        return torch.stack([(drawn * column[:, None, None]).amax(0) for column in classes.unbind(1)])

    def by_table() -> Tensor:
        return draw((masks[:, :, None] * classes).flatten(1)).unflatten(0, (QUERIES, CLASSES)).amax(0)

    require_close('B16', 'masks', by_masks(), by_table(), 1e-5)
    works: dict[str, Callable[[], object]] = {'masks of queries': by_masks, 'table of queries and classes': by_table}
    size = f'2 x {side} x {side} gaussians, {QUERIES} queries'
    return Item('B16', 'labels of one view', size, 'table of queries and classes', works)
