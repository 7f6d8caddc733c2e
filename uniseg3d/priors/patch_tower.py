"""A small image tower that a CPU trains in minutes: filters found in the pictures themselves, then a little network."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 6  # pixels along each side of a filter
STRIDE = 2
SILENT = 0.5  # responses below this are noise
SOFTNESS = 3e-4  # of whitening, as a share of the largest variance
CHANNELS = 4  # colours, and the object's own pixels


class PatchTower(nn.Module):
    """Where in a picture which of its patches occur, the picture itself in little, and two layers over both.

    The filters do not train: :meth:`learn_filters` takes whitened patches of some pictures. So pictures are described once,
    and training sees the descriptions.

    Args:
        dim: width of the directions.
        size: pixels along each side of a picture.
        filters: how many patches.
        hidden: width between the layers.
        cells: along each side, of the grid that tells where a patch occurs; the little picture has twice as many.
    """

    filters: Tensor  # [filters, 4, PATCH, PATCH]
    bias: Tensor  # [filters]
    centre: Tensor  # [described]
    spread: Tensor

    def __init__(self, dim: int = 128, size: int = 32, filters: int = 96, hidden: int = 256, cells: int = 4) -> None:
        super().__init__()
        self.size, self.cells = size, cells
        described = filters * cells**2 + CHANNELS * (2 * cells) ** 2
        self.register_buffer('filters', torch.randn(filters, CHANNELS, PATCH, PATCH) / (CHANNELS * PATCH**2) ** 0.5)
        self.register_buffer('bias', torch.zeros(filters))
        self.register_buffer('centre', torch.zeros(described))
        self.register_buffer('spread', torch.ones(described))
        layers = [nn.Linear(described, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, dim)]
        self.head = nn.Sequential(nn.Dropout(0.1), *layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """[n, 4, size, size] with values 0..1 to directions [n, dim]."""
        return self.place(self.describe(pictures))

    def place(self, described: Tensor) -> Tensor:
        """Descriptions [n, described] to directions [n, dim] of length one."""
        return F.normalize(self.head((described - self.centre) / self.spread), dim=1)

    def describe(self, pictures: Tensor) -> Tensor:
        """What does not train: [n, 4, size, size] to [n, described]."""
        pictures = pictures - 0.5
        responses = F.relu(F.conv2d(pictures, self.filters, self.bias, stride=STRIDE) - SILENT)
        where = F.adaptive_avg_pool2d(responses, self.cells).flatten(1)
        return torch.cat([where, F.adaptive_avg_pool2d(pictures, 2 * self.cells).flatten(1)], 1)

    @torch.no_grad()
    def learn_filters(self, pictures: Tensor, generator: torch.Generator | None = None, patches: int = 20000) -> None:
        """Take filters from ``pictures`` [n, 4, size, size], and the usual range of descriptions."""
        found = F.unfold(pictures - 0.5, PATCH, stride=3).mT.flatten(0, 1)  # [p, 4 * PATCH²]
        found = found[torch.randperm(len(found), generator=generator)[:patches]]
        mean = found.mean(0)
        values, axes = torch.linalg.eigh((found - mean).T @ (found - mean) / len(found))
        whiten = axes @ torch.diag((values.clamp(min=0) + SOFTNESS * values[-1] + 1e-12).rsqrt()) @ axes.T
        chosen = found[torch.randint(len(found), (len(self.filters),), generator=generator)]
        filters = F.normalize((chosen - mean) @ whiten, dim=1) @ whiten
        self.filters.copy_(filters.view_as(self.filters))
        self.bias.copy_(-filters @ mean)
        described = self.describe(pictures)
        self.centre.copy_(described.mean(0))
        self.spread.copy_(described.std(0, correction=0) + 1e-3)
