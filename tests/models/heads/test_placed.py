"""Views that are placed one by one."""

import torch

from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.models.heads.placed import PlacedHead, Sight, likeness


def head() -> PlacedHead:
    torch.manual_seed(0)
    local = {'type': 'RayPointmapHead', 'dim': 16, 'patch': 4}
    return PlacedHead(local, {'type': 'MatchedPose', 'dims': (8, 16), 'features': 4, 'hidden': 32})


def layers(batch: int = 2, patches: int = 6) -> list[torch.Tensor]:
    return [torch.randn(batch, patches, 8), torch.randn(batch, patches, 16)]


def shown(module: PlacedHead, views: int) -> tuple[list, list[Sight], list]:
    seen, answers, sights = [layers() for _ in range(views)], [], []
    for own in seen:
        answer, sight = module.beside(own, (8, 12), sights)
        answers.append(answer)
        sights.append(sight)
    return answers, sights, seen


def test_the_first_view_is_the_world():
    answers, sights, _ = shown(head(), 1)
    assert torch.equal(answers[0].world, answers[0].local)
    assert sights[0].pose.tolist() == [[0, 0, 0, 1, 0, 0, 0]] * 2 and sights[0].looks.shape == (2, 6, 4)


def test_points_are_where_the_pose_says():
    answers, sights, _ = shown(head(), 3)
    for answer, sight in zip(answers, sights, strict=True):
        torch.testing.assert_close(answer.world, apply_pose(decode_pose(sight.pose), answer.local))
        torch.testing.assert_close(answer.camera_to_world(), decode_pose(sight.pose), atol=1e-3, rtol=1e-3)
    assert (sights[2].pose - sights[1].pose).abs().max() > 1e-5


def test_every_scene_has_its_own_nearest_view():
    module = head()
    _, sights, seen = shown(module, 2)
    mixed = [torch.stack([first[0], second[1]]) for first, second in zip(*seen, strict=True)]
    likes = likeness(module.placing.looks(mixed), sights)
    assert likes.argmax(1).tolist() == [0, 1] and torch.allclose(likes.amax(1), torch.ones(2))
    answer, sight = module.beside(mixed, (8, 12), sights)
    for row in range(2):
        alone, own = module.beside([part[row : row + 1] for part in mixed], (8, 12), [sights[row].rows(torch.tensor([row]))])
        torch.testing.assert_close(answer.world[row], alone.world[0])
        torch.testing.assert_close(sight.pose[row], own.pose[0])


def test_views_may_differ_in_size():
    module = head()
    _, sights, _ = shown(module, 1)
    answer, _ = module.beside(layers(patches=4), (8, 8), sights)
    assert answer.world.shape == (2, 8, 8, 3)


def test_a_view_learns_through_those_it_is_placed_by():
    module = head()
    answers, _, _ = shown(module, 3)
    answers[2].world.square().mean().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in module.local.parameters() if value.ndim > 1)
    assert module.placing.pose.fc2.weight.grad.abs().max() > 0
