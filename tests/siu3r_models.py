"""A small SIU3R, and batches for it."""

from typing import Any

import torch

from uniseg3d.models.systems.siu3r import SIU3R
from uniseg3d.structures.prompts import Texts
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list

SIZE = (32, 48)  # height, width
DIMS = (24, 16)  # of encoder and decoder
NAMES = list(class_list('scannet20').names)
CRITERION = {
    'type': 'GaussianViewsCriterion',
    'segments': {
        'type': 'ViewPanopticCriterion', 'classes': 2.0, 'entropy': 5.0, 'dice': 5.0, 'points': 64, 'no_object': True,
        'oversample': 3.0, 'importance': 0.75,
    },
}  # fmt: skip


def config(texts: bool = False, norm: str = 'batch', **options: Any) -> dict[str, Any]:
    enc, dec = DIMS
    trunk = {'widths': (enc, dec, dec, dec), 'hooks': (0, 1, 2, 2), 'layer_dims': (4, 6, 8, 8), 'dim': 8}
    centres = {'type': 'CentreHead', 'dpt': {'type': 'DPT', **trunk, 'out_channels': 3}, 'start': 2.0}
    gaussians = {'type': 'GaussianHead', 'trunk': {'type': 'DPTTrunk', **trunk}, 'degree': 1}
    pixels = {'type': 'PixelDecoder', 'in_channels': enc, 'dim': 16, 'layers': 1, 'heads': 2, 'hidden': 16, 'groups': 4}
    sentences = {
        'text_encoder': {'type': 'ScratchText', 'dim': 16, 'width': 16, 'heads': 2, 'layers': 1},
        'text_matcher': {'type': 'TextMatcher', 'dim': 16, 'heads': 2, 'layers': 1},
    }
    return {
        'encoder': {'type': 'CameraViT', 'patch_embed': {'type': 'PatchEmbed', 'dim': enc}, 'depth': 4, 'heads': 2},
        'decoder': {'type': 'PairwiseDecoder', 'in_dim': enc, 'dim': dec, 'depth': 2, 'heads': 2},
        'centre_heads': [centres, centres],
        'gaussian_heads': [gaussians, gaussians],
        'image_adapter': {
            'type': 'ViTAdapter', 'dim': enc, 'layers': (0, 1, 2, 3), 'planes': 4, 'heads': 2, 'points': 2, 'norm': norm
        },
        'mask_decoder': {
            'type': 'VideoMaskDecoder', 'pixel_decoder': pixels, 'dim': 16, 'queries': 5, 'classes': len(NAMES),
            'heads': 2, 'hidden': 16, 'layers': 3,
        },
        **(sentences if texts else {}),
        **options,
    }  # fmt: skip


def small_model(seed: int = 0, **options: Any) -> SIU3R:
    """Always the same weights for a seed."""
    torch.manual_seed(seed)
    return SIU3R(**config(**options)).eval()


def view_batch(views: int = 2, scenes: int = 1, size: tuple[int, int] = SIZE, known: bool = True, seed: int = 0) -> ViewBatch:
    """Pictures of noise; ``known``: cameras side by side, depths of two metres, a floor, and a chair that all views show."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(scenes, views, 3, *size, generator=generator) * 2 - 1
    ids, names = [f'scene{i}' for i in range(scenes)], [[f'{view}' for view in range(views)] for _ in range(scenes)]
    if not known:
        return ViewBatch(ids, images, names)
    poses = torch.eye(4).repeat(scenes, views, 1, 1)
    poses[..., 0, 3] = 0.1 * torch.arange(views)
    width, height = size[1], size[0]
    camera = torch.tensor([[1.2 * width, 0, (width - 1) / 2], [0, 1.2 * width, (height - 1) / 2], [0, 0, 1]])
    instance = torch.ones(scenes, views, *size, dtype=torch.int64)
    instance[..., : height // 2, : width // 2] = 2
    semantic = torch.where(instance == 2, NAMES.index('chair'), NAMES.index('floor'))
    return ViewBatch(
        ids, images, names, poses, camera.expand(scenes, views, 3, 3), torch.full((scenes, views, *size), 2.0),
        torch.ones(scenes, dtype=torch.bool), semantic, instance, [NAMES] * scenes,
    )  # fmt: skip


def with_texts(batch: ViewBatch, objects: tuple[int, ...] = (2,)) -> ViewBatch:
    """Every scene with a sentence about each of ``objects``."""
    tokens = torch.arange(1, 1 + len(objects))[:, None] * torch.ones(1, 4, dtype=torch.int64)
    batch.texts = [Texts(['the chair'] * len(objects), tokens) for _ in batch.scene_ids]
    batch.text_objects = [torch.tensor(objects, dtype=torch.int64) for _ in batch.scene_ids]
    return batch
