"""The pose of a camera from what its image has in common with another one: for networks too small to find that out alone."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import activate_pose, decode_pose
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.models.heads.pointmap import PixelAnswers
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.registry import MODELS

_HINTS = 16  # numbers about a patch and its partner, see _hints
_NEAREST = 0.05  # depth, as a share of the usual one, below which a ray is not followed
_QUIET = 0.1  # of the usual weights: the first poses are nearly none


class Landmarks(NamedTuple):
    """Patches of an image that another one may be placed by."""

    looks: Tensor  # [B, T, F] of unit length
    places: Tensor  # [B, T, 3] in the camera of that image


@MODELS.register_module()
class MatchedPose(nn.Module):
    """Patches look for their partners in another image by descriptors, as MASt3R's pixels do; each says what it makes of where
    its partner is, and the sum of that, in which corners count more than bare walls, tells the pose.

    Args:
        dims: channels of the encoder's and of the decoder's tokens.
        features: channels of a descriptor.
        hidden: channels of what patches say.
        temperature: of the softmax over partners.
    """

    def __init__(self, dims: Sequence[int], features: int = 32, hidden: int = 128, temperature: float = 0.1) -> None:
        super().__init__()
        self.temperature = temperature
        self.describe = Linear(sum(dims), features)
        self.say, self.pose = FeedForward(dims[-1] + _HINTS, 2 * hidden, hidden + 1), FeedForward(hidden, 2 * hidden, 7)
        init_linears(self)
        with torch.no_grad():
            self.pose.fc2.weight.mul_(_QUIET)
            self.pose.fc2.bias[3] = 1.0  # the quaternion of no turn

    def looks(self, layers: Sequence[Tensor]) -> Tensor:
        """Descriptors [B, T, F] of an image from its ``layers`` as a decoder returns them."""
        with torch.autocast(layers[0].device.type, enabled=False):
            return F.normalize(self.describe(torch.cat([layers[0].float(), layers[-1].float()], -1)), dim=-1)

    def landmarks(self, layers: Sequence[Tensor], points: Tensor) -> Landmarks:
        """What an image with the points [B, H, W, 3] in its own camera offers to others."""
        return Landmarks(self.looks(layers), _patch_means(points.detach(), layers[-1].shape[1]))

    def forward(self, layers: Sequence[Tensor], points: Tensor, others: Landmarks) -> Tensor:
        """The camera [B, 7] that sees ``points`` [B, H, W, 3], in the camera of the image with the landmarks ``others``:
        translation, unit quaternion (w, x, y, z).
        """
        with torch.autocast(points.device.type, enabled=False):
            tokens, own = layers[-1].float(), self.landmarks(layers, points)
            partners = (own.looks @ others.looks.mT / self.temperature).softmax(-1)  # [B, T, T']
            unit = others.places.norm(dim=-1).mean(1).clamp(min=_NEAREST)[:, None]  # [B, 1]: points have no scale of their own
            where, there = (places / unit[..., None] for places in (own.places, partners @ others.places))
            said = self.say(torch.cat([tokens, _hints(where, there, partners)], -1))
            total = (said[..., :-1] * said[..., -1:].softmax(1)).sum(1)  # [B, hidden]
            pose = activate_pose(self.pose(F.gelu(total)))
            return torch.cat([pose[:, :3] * unit, pose[:, 3:]], -1)


def moved(answer: PixelAnswers, pose: Tensor) -> PixelAnswers:
    """What is said of images in their own cameras, in the world that the poses [B, 7] of these lead to."""
    return answer._replace(points=apply_pose(decode_pose(pose), answer.points), local=answer.points, pose=pose)


def _hints(own: Tensor, partner: Tensor, partners: Tensor) -> Tensor:
    """[B, T, 16]: places of patches and of their partners, their rays, how both differ, and how sure the search was."""
    ray, other_ray = (places[..., :2] / places[..., 2:].clamp(min=_NEAREST) for places in (own, partner))
    sure = partners.max(-1, keepdim=True).values
    return torch.cat([own, partner, ray, other_ray, partner - own, other_ray - ray, sure], -1)


def _patch_means(points: Tensor, patches: int) -> Tensor:
    """[B, T, 3] of pixels [B, H, W, 3] in T patches."""
    height, width = points.shape[1:3]
    side = round((height * width / patches) ** 0.5)
    return F.avg_pool2d(points.float().permute(0, 3, 1, 2), side).flatten(2).mT
