import torch

from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.geometry.se3 import apply_pose, small_motion
from uniseg3d.models.heads.matched_pose import MatchedPose, moved
from uniseg3d.models.heads.pointmap import PixelAnswers


def answer(batch: int = 2) -> PixelAnswers:
    return PixelAnswers(torch.rand(batch, 8, 12, 3) + 1, torch.ones(batch, 8, 12))


def layers(batch: int = 2, patches: int = 6) -> list[torch.Tensor]:
    return [torch.randn(batch, patches, 8), torch.randn(batch, patches, 16)]


def module() -> MatchedPose:
    torch.manual_seed(0)
    return MatchedPose((8, 16), features=4, hidden=32)


def test_landmarks_are_patches_with_their_middles():
    points = answer().points
    found = module().landmarks(layers(), points)
    assert found.looks.shape == (2, 6, 4) and torch.allclose(found.looks.norm(dim=-1), torch.ones(2, 6))
    assert torch.allclose(found.places[:, 4], points[:, 4:, 4:8].flatten(1, 2).mean(1))


def test_an_untrained_network_says_that_nothing_moved():
    matched, first, other = module(), answer(), answer()
    pose = matched(layers(), other.points, matched.landmarks(layers(), first.points))
    assert pose.shape == (2, 7) and torch.allclose(pose[:, 3:].norm(dim=-1), torch.ones(2))
    assert (decode_pose(pose) - torch.eye(4)).abs().max() < 0.6


def test_the_order_of_patches_does_not_matter():
    matched, first, other = module(), answer(), layers()
    shown = matched.landmarks(layers(), first.points)
    order = torch.randperm(6)
    mixed = shown._replace(looks=shown.looks[:, order], places=shown.places[:, order])
    points = answer().points
    assert torch.allclose(matched(other, points, shown), matched(other, points, mixed), atol=1e-5)


def test_it_learns_how_a_camera_moved_from_patches_that_are_found_again():
    """Descriptors tell which patch is which; the camera shifts."""
    matched, generator = MatchedPose((8, 16), features=8), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(matched.parameters(), 5e-3)
    names = 3 * torch.randn(1, 24, 8, generator=generator)
    losses = []
    for _ in range(200):
        motion = small_motion(torch.tensor([0, 0, 0, 0.3, 0.3, 0.3]) * torch.randn(16, 6, generator=generator))
        local = torch.rand(16, 24, 3, generator=generator) * 2 + torch.tensor([-1.0, -1, 2])
        world = apply_pose(motion, local)
        tokens = [names.expand(16, -1, -1), torch.zeros(16, 24, 16)]
        as_pixels = [points.unflatten(1, (4, 6)) for points in (local, world)]  # patches of one pixel
        pose = matched(tokens, as_pixels[0], matched.landmarks(tokens, as_pixels[1]))
        loss = (pose - encode_pose(motion)).norm(dim=-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])


def test_moved_points_keep_what_they_were():
    said, pose = answer(1), encode_pose(small_motion(torch.tensor([[0.1, 0, 0, 1.0, 2, 3]])))
    world = moved(said, pose)
    assert torch.equal(world.local, said.points) and torch.equal(world.pose, pose)
    assert torch.allclose(world.points, apply_pose(decode_pose(pose), said.points), atol=1e-6)
