"""What Point3R says about a frame: its camera, and its points as seen from there and in the world."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import activate_pose
from uniseg3d.models.heads import dpt
from uniseg3d.models.heads.pointmap import PixelAnswers, PointActivation, patches_to_pixels
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.modulated_block import ModulatedBlock
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import rename

NAMES = {
    r'pose_head\.mlp\.': 'pose.',
    r'final_transform\.(\d+)\.(norm\d)\.mlp\.1\.': r'blocks.\1.\2.steer.',
    r'final_transform\.': 'blocks.',
    r'proj\.': 'local.mlp.',
    r'cross_proj\.': 'world.mlp.',
}
DENSE = {r'dpt_self\.': 'local.dpt.', r'dpt_cross\.': 'world.dpt.'}


class FrameAnswer(NamedTuple):
    """One frame of each of B streams."""

    local: PixelAnswers  # in the camera of the frame
    world: PixelAnswers  # in the camera of the stream's first frame
    pose: Tensor  # [B, 7] camera-to-world: translation, unit quaternion (w, x, y, z)


@MODELS.register_module()
class PatchPointmapHead(nn.Module):
    """Two linear layers from the last tokens to the pixels of their patches; ``ahead`` mirrors points behind the camera."""

    def __init__(self, dim: int = 768, patch: int = 16, ahead: bool = False, mlp_ratio: float = 4.0) -> None:
        super().__init__()
        self.patch, self.ahead = patch, ahead
        self.mlp = FeedForward(dim, int(dim * mlp_ratio), 4 * patch**2)
        self.activation = PointActivation()

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> PixelAnswers:
        """``layers`` as a decoder returns them, the last [B, T, dim]; ``size`` (H, W) of the images."""
        with torch.autocast(layers[-1].device.type, enabled=False):
            answer = self.activation(patches_to_pixels(self.mlp(layers[-1].float()), size, self.patch))
            return answer._replace(points=answer.points * answer.points[..., 2:].sign()) if self.ahead else answer


@MODELS.register_module()
class StreamHead(nn.Module):
    """The pose follows from the pose token, local points from the image's tokens, and world points from those tokens after
    the pose token has steered them.

    Args:
        local: layers and image size to ``PixelAnswers``.
        world: the same, for tokens that know the pose.
        dim, heads, depth: of the blocks that the pose token steers.
        checkpointing: compute pixels anew for the gradient, which saves memory in training.
    """

    def __init__(
        self,
        local: nn.Module | dict[str, Any],
        world: nn.Module | dict[str, Any],
        dim: int = 768,
        heads: int = 12,
        depth: int = 2,
        rope: str = 'RoPE100',
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        self.local, self.world = as_module(local), as_module(world)
        self.pose = FeedForward(dim, 4 * dim, 7)
        self.blocks = nn.ModuleList(ModulatedBlock(dim, heads) for _ in range(depth))
        self.rope, self.head_width = RoPE2D.named(rope), dim // heads
        self.checkpointing = checkpointing

    def forward(self, layers: Sequence[Tensor], cells: Tensor, size: tuple[int, int]) -> FrameAnswer:
        """In float32, whatever surrounds it. ``layers``: image features, then tokens behind a pose token, [B, 1 + N, dim];
        ``cells`` row and column of every patch; ``size`` (H, W) of the image.
        """
        with torch.autocast(layers[0].device.type, enabled=False):
            first, *others = (layer.float() for layer in layers)
            pose_token = others[-1][:, :1]
            tokens = [first, *(layer[:, 1:] for layer in others)]
            pose = activate_pose(self.pose(pose_token)[:, 0])
            steered = [*tokens[:-1], self.steer(tokens[-1], pose_token, cells)]
            local = run_block(self.local, tokens, size, again=self.checkpointing)
            return FrameAnswer(local, run_block(self.world, steered, size, again=self.checkpointing), pose)

    def steer(self, tokens: Tensor, pose_token: Tensor, cells: Tensor) -> Tensor:
        """What ``tokens`` [B, N, dim] become that know the pose."""
        rotate = self.rope(cells, self.head_width)
        for block in self.blocks:
            tokens = block(tokens, pose_token, rotate)
        return tokens


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published head's ``weights`` under our names."""
    found = rename(weights, NAMES)
    for theirs, ours in DENSE.items():
        found |= {f'{ours}{name}': value for name, value in dpt.remap_keys(rename(weights, {theirs: ''})).items()}
    return found
