"""What plain convolutions see of an image: edges and textures that a transformer of large patches has lost."""

from collections.abc import Callable

from torch import Tensor, nn

from uniseg3d.utils.errors import ConfigError

Norm = Callable[[int], nn.Module]
NORMS: dict[str, Norm] = {'batch': nn.BatchNorm2d, 'group': lambda channels: nn.GroupNorm(1, channels)}


def norm_named(name: str) -> Norm:
    """'batch' as published; 'group' has no statistics, so images of a batch, and processes, do not depend on each other."""
    if name not in NORMS:
        raise ConfigError(f'norm {name!r} is unknown; expected one of {", ".join(NORMS)}')
    return NORMS[name]


class SpatialPrior(nn.Module):
    """Maps of ``dim`` channels at 1/4, 1/8, 1/16 and 1/32 of the image's resolution."""

    def __init__(self, dim: int, planes: int, norm: Norm) -> None:
        super().__init__()
        widths = (planes, 2 * planes, 4 * planes, 4 * planes)
        self.stem = nn.Sequential(
            *conv_step(3, planes, 2, norm), *conv_step(planes, planes, 1, norm), *conv_step(planes, planes, 1, norm),
            nn.MaxPool2d(3, 2, 1),
        )  # fmt: skip
        self.steps = nn.ModuleList(nn.Sequential(*conv_step(widths[i], widths[i + 1], 2, norm)) for i in range(3))
        self.project = nn.ModuleList(nn.Conv2d(width, dim, 1) for width in widths)

    def forward(self, images: Tensor) -> list[Tensor]:
        """``images`` [N, 3, H, W] to four maps [N, dim, h, w], from fine to coarse."""
        maps = [self.stem(images)]
        for step in self.steps:
            maps.append(step(maps[-1]))
        return [project(map_) for project, map_ in zip(self.project, maps, strict=True)]


def conv_step(width: int, out: int, stride: int, norm: Norm) -> list[nn.Module]:
    """A convolution of 3 x 3, its norm and a ReLU."""
    return [nn.Conv2d(width, out, 3, stride, 1, bias=False), norm(out), nn.ReLU()]
