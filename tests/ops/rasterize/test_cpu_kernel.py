"""The C kernel beside plain torch."""

import pytest
import torch
from gaussian_scenes import cloud, look

from uniseg3d.ops.rasterize import STANDARD, SYMMETRIC, Rules, cpu_kernel, rasterize
from uniseg3d.utils.errors import ConfigError

READY = cpu_kernel.refuses(torch.zeros(1)) is None
needs_kernel = pytest.mark.skipif(not READY, reason='no C compiler on this machine')


@needs_kernel
@pytest.mark.parametrize('rules', [STANDARD, SYMMETRIC], ids=['standard', 'symmetric'])
@pytest.mark.parametrize('threads', [1, 3])
def test_images_and_gradients_are_those_of_torch(rules: Rules, threads: int) -> None:
    found = []
    torch.set_num_threads(threads)
    try:
        for backend in ('torch', 'cpu'):
            scene = {name: value.requires_grad_() for name, value in cloud(700, dtype=torch.float32).items()}
            drawn = rasterize(**scene, cameras=look(2, dtype=torch.float32), rules=rules, backend=backend)
            image = torch.cat([drawn.color, drawn.features, drawn.depth[:, None], drawn.alpha[:, None]], 1)
            weight = torch.rand(image.shape, generator=torch.Generator().manual_seed(1))
            found.append([image, *torch.autograd.grad((image * weight).square().sum(), list(scene.values()))])
    finally:
        torch.set_num_threads(1)
    assert found[0][0][:, -1].max() > 0.999  # some pixels are opaque
    for ours, theirs in zip(*([part.detach() for part in parts] for parts in found), strict=True):
        assert float((ours - theirs).abs().max() / ours.abs().max()) < 2e-4


@needs_kernel
def test_it_is_what_float32_on_a_cpu_gets() -> None:
    scene = cloud(50, dtype=torch.float32)
    results = [rasterize(**scene, cameras=look(dtype=torch.float32), backend=backend).color for backend in ('auto', 'cpu')]
    assert torch.equal(*results)


@needs_kernel
def test_nothing_and_no_channel_but_depth() -> None:
    scene = cloud(0, dtype=torch.float32)
    assert not rasterize(**scene, cameras=look(dtype=torch.float32), backend='cpu').color.any()
    scene = cloud(9, dtype=torch.float32)
    shape = {name: scene[name] for name in ('means', 'covariances', 'opacities')}
    drawn = rasterize(**shape, cameras=look(dtype=torch.float32), backend='cpu')
    assert drawn.color is None and drawn.depth.any()


def test_other_types_are_refused_by_name() -> None:
    assert 'float64' in str(cpu_kernel.refuses(torch.zeros(1).double()))
    with pytest.raises(ConfigError, match='the rasterizer cpu cannot be used: it draws float32 on a CPU'):
        rasterize(**cloud(3), cameras=look(), backend='cpu')


def test_a_missing_compiler_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_kernel, '_library', lambda: 'no C compiler was found')
    scene = cloud(20, dtype=torch.float32)
    expected = rasterize(**scene, cameras=look(dtype=torch.float32), backend='torch').color
    assert torch.equal(rasterize(**scene, cameras=look(dtype=torch.float32)).color, expected)
    with pytest.raises(ConfigError, match='no C compiler was found; choose auto or torch'):
        rasterize(**scene, cameras=look(dtype=torch.float32), backend='cpu')
