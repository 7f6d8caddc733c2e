"""Photos of noise, and small networks that learned nothing: all that reconstruction needs to be tested."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruct import ReconstructOptions
from uniseg3d.engine.config import load_config
from uniseg3d.registry import MODELS

ROOT = Path(__file__).parents[1]
OPTIONS = ReconstructOptions(size=64, share=0.5, say_every=2)
CONFIGS = {'DUSt3R': 'configs/dust3r_tiny_rooms.py', 'Point3R': 'configs/point3r_tiny_rooms.py'}


def tiny(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return MODELS.build(load_config(ROOT / CONFIGS[kind]).model).eval()


def photo(seed: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def frames(count: int) -> list[SourceFrame]:
    return [SourceFrame(f'{i}.jpg', float(i), photo(i)) for i in range(count)]


def folder_of(path: Path, count: int) -> Path:
    path.mkdir(exist_ok=True)
    for number in range(count):
        Image.fromarray(photo(number)).save(path / f'{number}.png')
    return path
