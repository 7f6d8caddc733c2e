"""An encoder that is told its camera."""

import torch

from uniseg3d.models.encoders.camera_vit import CameraViT
from uniseg3d.models.encoders.vit import ViTEncoder

EMBED = {'type': 'PatchEmbed', 'dim': 24}
CAMERA = torch.tensor([[1.2, 0, 0.5], [0, 1.6, 0.5], [0, 0, 1]])


def make(**options):
    torch.manual_seed(0)
    return CameraViT(EMBED, depth=2, heads=3, **options).eval()


@torch.no_grad()
def test_the_camera_is_the_last_token_and_stands_below_the_first_column():
    answer = make()(torch.rand(2, 3, 32, 48), CAMERA.expand(2, 3, 3))
    assert answer.tokens.shape == (2, 7, 24) and [inner.shape for inner in answer.inner] == [(2, 6, 24)] * 2
    assert answer.positions.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0]]


@torch.no_grad()
def test_patches_look_at_the_camera():
    encoder, image = make(), torch.rand(1, 3, 32, 48)
    one, other = (encoder(image, camera[None]).tokens[:, :-1] for camera in (CAMERA, CAMERA * 1.3))
    assert (one - other).abs().max() > 1e-4


def test_a_frozen_encoder_learns_its_camera_through_all_blocks():
    encoder = make(freeze=True).train()
    encoder(torch.rand(1, 3, 32, 48), CAMERA[None]).tokens.square().sum().backward()
    assert encoder.camera.weight.grad.abs().sum() > 0
    assert all(p.grad is None for name, p in encoder.named_parameters() if not name.startswith('camera.'))


def test_all_but_the_camera_is_an_ordinary_encoder():
    names = make().state_dict().keys()
    assert names - ViTEncoder(EMBED, depth=2, heads=3).state_dict().keys() == {'camera.weight', 'camera.bias'}


@torch.no_grad()
def test_half_precision_takes_cameras_in_full():
    with torch.autocast('cpu', torch.bfloat16):
        assert make()(torch.rand(1, 3, 32, 32), CAMERA[None]).tokens.isfinite().all()
