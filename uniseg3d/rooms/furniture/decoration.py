"""What hangs: pictures, curtains and shower curtains."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.openings import bars
from uniseg3d.rooms.shapes import Mesh, box, circle, join, loft, prism, rod, sheet, tube

STANDOFF = 0.17  # metres from the wall to the middle of a curtain


@variant('picture', 'framed picture', 'picture', (0.02, 0.05), (0.3, 1.2), (0.3, 1.0))
def _framed_picture(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    thick = rng.uniform(0.02, 0.06)
    art = Part(box((d * 0.5, w - 2 * thick, h - 2 * thick), (-d * 0.25, 0, thick)))
    inner = (d * 0.55, (w - 2 * thick) * rng.uniform(0.4, 0.8), (h - 2 * thick) * rng.uniform(0.4, 0.8))
    return [Part(bars(d, w, h, thick), 'frame'), art, Part(box(inner, (-d * 0.22, 0, (h - inner[2]) / 2)), 'art')]


@variant('picture', 'poster', 'poster', (0.008, 0.012), (0.4, 1.0), (0.5, 1.3))
def _poster(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    split = rng.uniform(0.25, 0.75)
    return [Part(box((d, w, h * split))), Part(box((d, w, h * (1 - split)), (0, 0, h * split)), 'art')]


@variant('picture', 'canvas', ('picture', 'painting'), (0.03, 0.06), (0.35, 1.5), (0.3, 1.1))
def _canvas(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [Part(box((d, w, h)))]


@variant('picture', 'oval picture', 'picture', (0.03, 0.05), (0.3, 0.8), (0.4, 0.9), only='val')
def _oval_picture(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    flat = circle(0.5, 16)
    discs = [prism(flat * (h * share, w * share), d * deep).turned(np.pi / 2, 'y') for share, deep in ((1, 0.6), (0.8, 0.9))]
    frame, art = [disc.moved(-d / 2, 0, h / 2) for disc in discs]
    return [Part(frame, 'frame'), Part(art)]


@variant('picture', 'row of pictures', 'pictures', (0.02, 0.04), (0.9, 1.8), (0.3, 0.7), only='val')
def _row_of_pictures(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide = w / 3
    boards = [Part(box((d, wide - 0.06, h), (0, (i - 1) * wide, 0)), 'frame') for i in range(3)]
    return boards + [Part(box((d * 0.4, wide - 0.14, h - 0.08), (d * 0.35, (i - 1) * wide, 0.04))) for i in range(3)]


def _folds(rng: Generator, d: float, ys: np.ndarray, waves: float) -> np.ndarray:
    """Depth of the folds of a cloth along ``ys``, about x = 0."""
    phase = rng.uniform(0, 2 * np.pi)
    share = (ys - ys.min()) / max(float(np.ptp(ys)), 1e-6)
    return (d / 2 - 0.012) * np.sin(phase + share * waves * 2 * np.pi)


def _cloth(rng: Generator, d: float, left: float, right: float, low: float, high: float, steps: int = 20) -> np.ndarray:
    """Levels [2, P, 3] of a hanging cloth."""
    ys = np.linspace(left, right, steps)
    xs = _folds(rng, d, ys, max(2.0, abs(right - left) / rng.uniform(0.1, 0.2)))
    return np.stack([np.stack([xs, ys, np.full(steps, z)], 1) for z in (low, high)])


def _rail(w: float, h: float) -> Part:
    """Rail with the two brackets that hold it off the wall, clear of a window frame."""
    brackets = [box((STANDOFF, 0.02, 0.02), (-STANDOFF / 2, side * (w / 2 - 0.03), h - 0.025)) for side in (-1, 1)]
    return Part(join([rod((0, -w / 2, h - 0.015), (0, w / 2, h - 0.015), 0.014), *brackets]), 'metal')


@variant('curtain', 'folded curtain', ('curtain', 'curtains'), (0.08, 0.14), (0.45, 1.1), (1.2, 2.3), tags='side')
def _folded_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [Part(sheet(_cloth(rng, d, -w / 2, w / 2, 0, h - 0.03, 24))), _rail(w, h)]


@variant('curtain', 'tied curtain', 'curtain', (0.1, 0.14), (0.45, 0.9), (1.2, 2.2), tags='side')
def _tied_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    top = _cloth(rng, d, -w / 2, w / 2, 0, h - 0.03)[1]
    side, levels = (1 if rng.random() < 0.5 else -1) * w * 0.42, []
    for z, narrow in ((0.0, 0.7), (h * 0.3, 0.45), (h * 0.42, 0.28), (h * 0.55, 0.5), (h * 0.8, 0.9), (h - 0.03, 1.0)):
        line = top.copy()
        line[:, 1] = side + (top[:, 1] - side) * narrow
        line[:, 2] = z
        levels.append(line)
    return [Part(sheet(np.stack(levels))), _rail(w, h)]


@variant('curtain', 'flat curtain', 'curtain', (0.03, 0.06), (0.6, 1.6), (0.6, 1.8), tags='cover')
def _flat_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    roll = rod((0, -w / 2, h - 0.025), (0, w / 2, h - 0.025), min(0.025, d / 2), 8)
    cloth = [Part(box((0.012, w * 0.98, h - 0.03))), Part(box((0.018, w * 0.98, 0.025)), 'second')]
    return [*cloth, Part(roll, 'second'), _rail(w, h)]


@variant('curtain', 'short valance', 'curtain', (0.06, 0.1), (0.8, 1.8), (0.3, 0.6), only='val', tags='cover')
def _short_valance(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    levels = _cloth(rng, d, -w / 2, w / 2, 0, h - 0.03, 28)
    levels[0, :, 2] += 0.3 * h * np.abs(np.sin(np.linspace(0, 3 * np.pi, 28)))
    return [Part(sheet(levels)), _rail(w, h)]


@variant('curtain', 'slanted curtain', 'curtains', (0.08, 0.12), (0.5, 1.0), (1.4, 2.2), only='val', tags='side')
def _slanted_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    levels = _cloth(rng, d, -w / 2, w / 2, 0, h - 0.03)
    levels[0, :, 1] = levels[0, :, 1] * 0.35 + (1 if rng.random() < 0.5 else -1) * w * 0.3
    return [Part(sheet(levels)), _rail(w, h)]


def _wall_rods(d: float, w: float, h: float) -> Mesh:
    """Curtain rail standing off the wall: two arms and a bar along the front."""
    arms = [
        rod((-d / 2, side * (w / 2 - 0.02), h - 0.02), (d / 2 - 0.04, side * (w / 2 - 0.02), h - 0.02), 0.013)
        for side in (-1, 1)
    ]
    return join([*arms, rod((d / 2 - 0.05, -w / 2, h - 0.02), (d / 2 - 0.05, w / 2, h - 0.02), 0.013)])


def _shower_cloth(rng: Generator, d: float, left: float, right: float, h: float) -> Part:
    levels = _cloth(rng, 0.09, left, right, 0, h - 0.035, 24)
    return Part(sheet(levels + (d / 2 - 0.05, 0, 0)))


@variant('showercurtain', 'drawn shower curtain', 'shower curtain', (0.7, 0.9), (1.3, 1.8), (1.6, 1.95))
def _drawn_shower_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [Part(_wall_rods(d, w, h), 'metal'), _shower_cloth(rng, d, -w * 0.48, w * 0.48, h)]


@variant('showercurtain', 'half shower curtain', 'shower curtain', (0.7, 0.9), (1.3, 1.8), (1.6, 1.95))
def _half_shower_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side = 1 if rng.random() < 0.5 else -1
    left, right = sorted((side * w * 0.48, side * w * rng.uniform(-0.2, 0.25)))
    return [Part(_wall_rods(d, w, h), 'metal'), _shower_cloth(rng, d, left, right, h)]


@variant('showercurtain', 'parted shower curtain', 'shower curtain', (0.7, 0.9), (1.3, 1.8), (1.6, 1.95))
def _parted_shower_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    share = rng.uniform(0.1, 0.25)
    cloths = [_shower_cloth(rng, d, left * w, right * w, h) for left, right in ((-0.48, -share), (share, 0.48))]
    return [Part(_wall_rods(d, w, h), 'metal'), *cloths]


@variant('showercurtain', 'bowed shower curtain', 'shower curtain', (0.8, 1.0), (1.3, 1.7), (1.6, 1.95), only='val')
def _bowed_shower_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    ys = np.linspace(-w * 0.48, w * 0.48, 28)
    bow = d * (np.cos(ys / w * 2.6) - 0.5) + _folds(rng, 0.07, ys, w / 0.16) - 0.035
    bow = np.minimum(bow, d / 2 - 0.01)
    levels = np.stack([np.stack([bow, ys, np.full(28, z)], 1) for z in (0.0, h - 0.03)])
    angles = np.linspace(-w / 2, w / 2, 9)
    path = np.stack([d * (np.cos(angles / w * 2.6) - 0.5) - 0.035, angles, np.full(9, h - 0.02)], 1)
    arms = [rod((-d / 2, y, h - 0.02), (float(path[0, 0]), y, h - 0.02), 0.012) for y in (-w / 2, w / 2)]
    return [Part(join([tube(path, 0.012), *arms]), 'metal'), Part(sheet(levels))]


@variant('showercurtain', 'wrapped shower curtain', 'shower curtain', (0.8, 1.0), (0.9, 1.3), (1.6, 1.95), only='val')
def _wrapped_shower_curtain(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    cloth = _shower_cloth(rng, d, -w * 0.48, w * 0.45, h)
    steps = np.linspace(0.06 - d / 2, d / 2 - 0.08, 14)
    ys = w * 0.46 + 0.03 * np.sin(steps * 30)
    side = np.stack([np.stack([steps, ys, np.full(14, z)], 1) for z in (0.0, h - 0.035)])
    wing = loft(np.concatenate([side + (0, 0.005, 0), (side - (0, 0.005, 0))[:, ::-1]], 1)[:, ::-1], caps=False)
    return [Part(_wall_rods(d, w, h), 'metal'), cloth, Part(wing)]
