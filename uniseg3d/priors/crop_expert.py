"""An expert for the names of objects in photos that is trained here, where no CLIP weights are at hand."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from uniseg3d.models.encoders.scratch_text import ScratchText
from uniseg3d.priors.patch_tower import PatchTower
from uniseg3d.text.templates import find_templates
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.weights import apply_weights, load_weights

DIM = 128
WIDEST = 1.6  # scale at which crops are stored for training, which cuts narrower ones out of them
STORED = 40  # pixels along each side of them


class CropExpert(nn.Module):
    """A :class:`PatchTower` and a small text encoder, taught by crops of objects with names.

    ``vocabulary``: the names that it was taught. Others are read word by word.
    """

    scales = (1.2, 1.5)
    fade = 0.0
    templates = find_templates('name')

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__()
        self.vocabulary = list(vocabulary)
        self.image = PatchTower(DIM)
        self.text = ScratchText(DIM, width=64, layers=1, dropout=0.0)
        self.log_scale = nn.Parameter(torch.tensor(3.0))
        self.crop_size = self.image.size

    @property
    def temperature(self) -> float:
        """Of the softmax over texts, as it was learned."""
        return math.exp(-self.log_scale.item())

    def encode_images(self, crops: Tensor) -> Tensor:
        """Colours 0..1 and the object's own pixels [n, 4, S, S] to directions [n, D] of length one."""
        return self.image(crops)

    def encode_texts(self, tokens: Tensor) -> Tensor:
        """Token rows [T, 77] to features [T, D]."""
        return self.text(tokens.to(self.log_scale.device))


def save_crop_expert(path: str | Path, expert: CropExpert) -> None:
    """Write weights and vocabulary as .safetensors."""
    weights = {name: value.detach().cpu().contiguous() for name, value in expert.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(weights, temporary, {'vocabulary': json.dumps(expert.vocabulary)})


def load_crop_expert(path: str | Path) -> CropExpert:
    """Read what :func:`save_crop_expert` wrote, ready to be asked."""
    weights = load_weights(path).state_dict
    try:
        with safe_open(Path(path).expanduser(), 'pt') as file:
            vocabulary = json.loads((file.metadata() or {})['vocabulary'])
    except (SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f'{path} does not say which names it was taught ({error}); train it again') from error
    expert = CropExpert(vocabulary)
    apply_weights(expert, weights)
    return expert.eval()


def train_crop_expert(
    crops: Tensor, names: Sequence[str], steps: int = 2500, batch: int = 64, lr: float = 3e-3, seed: int = 0
) -> CropExpert:
    """Teach an expert that each of the ``crops`` [n, 4, s, s] uint8, cut at the scale ``WIDEST``, shows what ``names`` [n] say.

    Rare names are shown more often than they occur. The pictures are described once in each of a few ways, then every step
    costs little.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        taught = sorted(set(names))
        expert = CropExpert(taught)
        labels = torch.tensor([taught.index(name) for name in names])
        looks = _descriptions(expert.image, crops)
        tokens = torch.from_numpy(tokenize(taught))
        share = torch.bincount(labels).float().rsqrt()[labels]
        towers = [*expert.image.parameters(), *expert.text.parameters()]
        groups: list[dict[str, Any]] = [{'params': towers}, {'params': [expert.log_scale], 'weight_decay': 0.0}]
        optimizer = torch.optim.AdamW(groups, lr, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps)
        for step in range(steps):
            rows = torch.multinomial(share, batch, replacement=True)
            shown = expert.image.place(looks[step % len(looks)][rows])
            fits = shown @ F.normalize(expert.encode_texts(tokens), dim=1).T * expert.log_scale.exp()
            optimizer.zero_grad()
            F.cross_entropy(fits, labels[rows]).backward()
            optimizer.step()
            schedule.step()
    return expert.eval()


def _descriptions(tower: PatchTower, crops: Tensor) -> list[Tensor]:
    """Descriptions [n, described] of all crops at two scales, and mirrored; the filters are learned on the way."""
    some = torch.randperm(len(crops))[:2000]
    tower.learn_filters(_narrowed(crops[some], 1.4, tower.size))
    ways = ((1.2, False), (1.5, False), (1.35, True))
    return [_described(tower, crops.flip(3) if mirrored else crops, scale) for scale, mirrored in ways]


@torch.no_grad()
def _described(tower: PatchTower, crops: Tensor, scale: float, chunk: int = 512) -> Tensor:
    return torch.cat([tower.describe(_narrowed(part, scale, tower.size)) for part in crops.split(chunk)])


def _narrowed(crops: Tensor, scale: float, size: int) -> Tensor:
    """The middle of crops [n, 4, s, s] uint8, as if they had been cut at ``scale``: [n, 4, size, size] 0..1."""
    side = crops.shape[2]
    cut = round(side * scale / WIDEST)
    start = (side - cut) // 2
    middle = crops[:, :, start : start + cut, start : start + cut].float() / 255
    return F.interpolate(middle, (size, size), mode='bilinear', antialias=True)
