"""Names and shapes of the released weights of PanSt3R, and the models that they fill."""

import re
from functools import cache
from pathlib import Path

import torch
from mmengine.config import Config

from uniseg3d.registry import MODELS

ROOT = Path(__file__).parents[1]
LIST = ROOT / 'tests' / 'models' / 'systems' / 'panst3r_state_dict.txt'
CONFIGS = {'first': ROOT / 'configs' / 'panst3r_v1.py', 'second': ROOT / 'configs' / 'panst3r_v2.py'}
RELEASES = list(CONFIGS)


@cache
def listed(release: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes; the second release is listed by what differs, its panoptic decoder."""
    parts = LIST.read_text().split('\n## ')
    rows = [dict(re.findall(r'^([\w.]+)\t\(([\d, ]*)\)\t', part, re.MULTILINE)) for part in parts[1:3]]
    shapes = [{name: tuple(map(int, re.findall(r'\d+', shape))) for name, shape in part.items()} for part in rows]
    if release == 'first':
        return shapes[0]
    return {name: shape for name, shape in shapes[0].items() if not name.startswith('panoptic_decoder.')} | shapes[1]


def on_meta(release: str) -> dict[str, torch.Tensor]:
    return {name: torch.empty(shape, device='meta') for name, shape in listed(release).items()}


@cache
def full_model(release: str) -> torch.nn.Module:
    with torch.device('meta'):
        return MODELS.build(Config.fromfile(CONFIGS[release]).model)
