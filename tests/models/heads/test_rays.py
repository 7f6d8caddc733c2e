import torch

from uniseg3d.geometry.depth import camera_rays
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.models.heads.rays import RayPointmapHead


def test_an_untrained_head_nearly_states_a_wall_seen_by_a_usual_camera():
    torch.manual_seed(0)
    answer = RayPointmapHead(16, patch=8)([torch.randn(2, 12, 16)], (24, 32))
    assert answer.points.shape == (2, 24, 32, 3) and answer.confidence.shape == (2, 24, 32)
    assert (answer.points[..., 2].log() - torch.tensor(2.0).log()).abs().max() < 0.7
    assert 0.6 < float(focal_weiszfeld(answer.points[0].detach())) / 32 < 0.9
    assert (answer.confidence >= 1).all() and (answer.points[..., 2] > 0).all()


def test_raw_channels_bend_rays_and_scale_depths():
    head = RayPointmapHead(4, patch=2)
    with torch.no_grad():
        head.mlp.fc2.weight.zero_()
        head.mlp.fc2.bias.copy_(torch.tensor([0.1, 0.0, 0.5, 0.0]).repeat_interleave(4))
    points = head([torch.randn(1, 6, 4)], (4, 6)).points
    camera = torch.tensor([[4.5, 0, 2.5], [0, 4.5, 1.5], [0, 0, 1]])
    expected = (camera_rays(camera, 4, 6) + torch.tensor([0.1, 0, 0])) * 2 * torch.tensor(0.5).exp()
    assert torch.allclose(points[0], expected, atol=1e-5)


def test_half_precision_around_it_does_not_matter():
    head, tokens = RayPointmapHead(8, patch=4), torch.randn(1, 4, 8)
    with torch.autocast('cpu', torch.bfloat16):
        inside = head([tokens], (8, 8))
    assert torch.equal(inside.points, head([tokens], (8, 8)).points)
