"""Small synthetic rooms as the pipeline would hand them over: a floor, two walls and boxes, cut into superpoints."""

import numpy as np
import torch

from uniseg3d.structures import PointScene, Prompts, Sample, Superpoints, Targets, Texts
from uniseg3d.structures.prompts import Clicks

CLASSES, STUFF = 20, 2
BOX_CLASSES = ((4, 0.45, (60, 90, 200)), (6, 0.75, (150, 100, 50)), (3, 0.5, (200, 60, 60)), (20, 0.2, (40, 160, 60)))


def room_cloud(seed=0, boxes=4, density=400):
    """Positions [N, 3] in metres, colours [N, 3] 0..255, classes [N], superpoints [N], instances [N] (-1 = none)."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(3.0, 4.5, 2)
    parts = [
        _sheet(rng, density * 12, (size[0], size[1], 0.0), (160, 130, 100), 1),
        _sheet(rng, density * 8, (size[0], 0.0, 2.4), (225, 220, 205), 0),
        _sheet(rng, density * 8, (0.0, size[1], 2.4), (215, 220, 225), 0),
    ]
    for number in range(boxes):
        label, height, color = BOX_CLASSES[number % len(BOX_CLASSES)]
        corner = [*rng.uniform(0.3, size - 1.0), 0.0]
        parts.append(_box(rng, density, corner, (0.6, 0.5, height), color, label))
    return _join(parts, rng)


def _sheet(rng, count, size, color, label):
    xyz = rng.random((count, 3)) * size
    return xyz, color, label, -1


def _box(rng, count, corner, size, color, label):
    xyz = rng.random((count, 3)) * size
    side = rng.integers(0, 5, count)  # top and four sides
    flat = np.where(side == 4, 2, side // 2)
    xyz[np.arange(count), flat] = np.where((side == 4) | (side % 2 == 1), np.asarray(size)[flat], 0.0)
    return xyz + corner, color, label, 0 if label < CLASSES else -1


def _join(parts, rng):
    xyz = np.concatenate([p[0] for p in parts])
    counts = [len(p[0]) for p in parts]
    color, label = (np.repeat([p[i] for p in parts], counts, axis=0) for i in (1, 2))
    color = np.clip(color + rng.normal(0, 8, xyz.shape), 0, 255).astype(np.uint8)
    thing = np.array([p[3] >= 0 for p in parts])
    instance = np.repeat(np.where(thing, np.cumsum(thing) - 1, -1), counts)
    # superpoints: half-metre cells of each part
    cells = np.c_[np.repeat(np.arange(len(parts)), counts), np.floor(xyz / 0.5)]
    superpoint = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    return xyz.astype(np.float32), color, label.astype(np.int64), superpoint, instance


def make_targets(semantic, superpoints, instance=None, clicks=0):
    """Targets [N] and [M] of one scene; one text per instance."""
    instance = torch.full_like(semantic, -1) if instance is None else instance
    count = int(instance.max()) + 1
    masks = superpoints.majority(instance == torch.arange(count)[:, None])
    labels = torch.stack([semantic[instance == i][0] for i in range(count)]) - STUFF if count else semantic.new_zeros(0)
    semantic_masks = superpoints.majority(semantic == torch.arange(CLASSES + 1)[:, None])
    semantic_masks[-1] |= ~semantic_masks.any(0)
    panoptic = torch.where(instance >= 0, instance + STUFF, torch.where(semantic < STUFF, semantic, -1))
    return Targets(
        semantic=semantic, instance=instance, panoptic=panoptic, labels=labels, object_ids=torch.arange(count), masks=masks,
        novel_masks=masks[:0], semantic_masks=semantic_masks, click_instance=torch.arange(clicks), text_masks=masks,
        text_labels=labels, text_object_ids=torch.arange(count),
    )  # fmt: skip


def room_sample(seed=0, boxes=4, density=60):
    """One packed scene: features are normalised colour and centred positions, one click and one sentence per instance."""
    xyz, color, label, superpoint, instance = room_cloud(seed, boxes, density)
    xyz, label, instance = torch.from_numpy(xyz), torch.from_numpy(label), torch.from_numpy(instance)
    features = torch.cat([torch.from_numpy(color).float() / 127.5 - 1, xyz - xyz.mean(0)], 1)
    superpoints = Superpoints(torch.from_numpy(superpoint))
    count = int(instance.max()) + 1
    points = torch.stack([torch.nonzero(instance == i)[0, 0] for i in range(count)]) if count else label.new_zeros(0)
    texts = Texts([f'the box number {i} beside the wall' for i in range(count)], label.new_zeros(count, 77))
    return Sample(
        PointScene(f'room{seed:04d}_00', xyz, features),
        superpoints,
        Prompts(Clicks.single(points, superpoints.ids[points]), texts),
        make_targets(label, superpoints, instance, clicks=count),
    )
