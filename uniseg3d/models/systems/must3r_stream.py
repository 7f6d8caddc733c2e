"""Which frames of a stream MUSt3R remembers."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.heads.placed import Sight
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import ConfigError


@dataclass(eq=False)
class SceneState(Container):
    """B streams after some frames; as large as what is remembered, however many the frames were."""

    frames: int
    memory: ViewMemory
    points: Tensor  # [B, K, P, 3] in the world: some of what each of the K remembered frames shows
    centres: Tensor  # [B, K, 3] their cameras
    sights: list[Sight] = field(default_factory=list)  # K, where the head places frames by them

    size = None  # frames may differ in size

    @property
    def kept(self) -> int:
        """How many frames are remembered."""
        return len(self.memory)

    def state_dict(self) -> dict[str, Any]:
        """Tensors and numbers, for ``torch.save``."""
        return vars(self) | {'memory': dict(vars(self.memory)), 'sights': [dict(vars(sight)) for sight in self.sights]}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> 'SceneState':
        """What :meth:`state_dict` returned."""
        sights = [Sight(**sight) for sight in stored.get('sights', [])]
        return cls(**stored | {'memory': ViewMemory(**stored['memory']), 'sights': sights})


@dataclass(frozen=True)
class NewSights:
    """A frame is remembered if it shows what none before it showed; of too many, one of the two most alike is forgotten.

    The first frame, whose camera is the world, stays.
    """

    share: float = 0.1  # of a frame's points that must be new
    far: float = 0.1  # a point is new that lies farther from all others, in units of its distance from the camera
    most: int = 50  # frames that are remembered
    grid: int = 24  # rows and columns of the points of a frame that are compared

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or self.far <= 0 or min(self.most, self.grid) < 2:
            raise ConfigError(f'expected 0 <= share <= 1, far > 0, most and grid >= 2; got {self}')

    def __call__(
        self, state: SceneState | None, longer: ViewMemory, answer: TwoFrameAnswer, pose: Tensor, sight: Sight | None = None
    ) -> SceneState:
        """The state after a frame, which makes the memory ``longer`` if it is worth it; ``pose`` [B, 7] of its camera."""
        points, centre = self._thinned(answer.world), pose[:, None, :3]
        new = [] if sight is None else [sight]
        if state is None:
            return SceneState(1, longer, points, centre, new)
        if self.novelty(state, points[:, 0], pose[:, :3]) < self.share:
            return replace(state, frames=state.frames + 1)
        points, centres = torch.cat([state.points, points], 1), torch.cat([state.centres, centre], 1)
        found = SceneState(state.frames + 1, longer, points, centres, state.sights + new)
        return self._forget(found) if found.kept > self.most else found

    def novelty(self, state: SceneState, points: Tensor, centre: Tensor) -> float:
        """Share of ``points`` [B, P, 3] that are new, in the stream where it is largest; ``centre`` [B, 3] of the camera."""
        shares = []
        for known, seen, camera in zip(state.points, points, centre, strict=True):
            distance, _ = PointTree(known.flatten(0, 1)).nearest(seen)
            shares.append((distance > self.far * (seen - camera).norm(dim=-1)).float().mean())
        return float(torch.stack(shares).max())

    def _thinned(self, points: Tensor) -> Tensor:
        """Some of the points [B, H, W, 3] on a regular grid, [B, 1, P, 3]."""
        rows, columns = (torch.linspace(0, size - 1, self.grid, device=points.device).long() for size in points.shape[1:3])
        return points[:, rows[:, None], columns].flatten(1, 2)[:, None].nan_to_num(0, 0, 0)

    def _forget(self, state: SceneState) -> SceneState:
        """Without the older of the two frames that look at most alike places from most alike ones."""
        where = torch.cat([state.centres, state.points.mean(2)], -1)  # [B, K, 6]
        distance = torch.cdist(where, where).mean(0)
        distance.fill_diagonal_(torch.inf)
        older, newer = sorted(divmod(int(distance.argmin()), len(distance)))
        row = older or newer  # never the first
        keep = [place for place in range(state.kept) if place != row]
        memory = state.memory.forget(state.memory.labels[row])
        sights = [state.sights[place] for place in keep] if state.sights else []
        return SceneState(state.frames, memory, state.points[:, keep], state.centres[:, keep], sights)
