"""Colours with the words people use for them, and textures. Drawn almost independently of what is painted."""

from collections.abc import Callable

import numpy as np

from uniseg3d.rooms.scene import Material

Color = tuple[float, float, float]

# Several shades per word; a draw moves each a little, but never into another word.
SHADES: dict[str, list[Color]] = {
    'white': [(236, 235, 230), (225, 222, 214), (244, 244, 246)],
    'grey': [(128, 128, 130), (165, 163, 160), (100, 102, 106)],
    'black': [(32, 32, 34), (44, 40, 40), (24, 26, 30)],
    'brown': [(122, 84, 52), (92, 62, 42), (150, 110, 72), (110, 72, 58)],
    'beige': [(212, 194, 160), (200, 182, 150), (222, 208, 182)],
    'red': [(176, 44, 42), (150, 32, 40), (200, 62, 52)],
    'blue': [(48, 82, 150), (70, 112, 178), (38, 58, 110)],
    'green': [(66, 122, 70), (96, 140, 84), (40, 92, 66)],
    'yellow': [(222, 190, 66), (232, 206, 104), (204, 170, 50)],
    'orange': [(220, 124, 46), (206, 104, 40), (230, 146, 76)],
    'purple': [(112, 68, 138), (92, 58, 112), (140, 98, 162)],
    'pink': [(224, 156, 170), (208, 128, 152), (232, 182, 190)],
}
WEIGHTS = {'white': 0.14, 'grey': 0.13, 'black': 0.07, 'brown': 0.15, 'beige': 0.1, 'red': 0.08, 'blue': 0.09}
WEIGHTS |= {'green': 0.08, 'yellow': 0.05, 'orange': 0.04, 'purple': 0.04, 'pink': 0.03}
PALE = ('white', 'beige', 'grey', 'yellow', 'pink', 'blue', 'green')
WOODEN = ('brown', 'beige', 'white', 'grey', 'black', 'red', 'orange')


def draw_color(rng: np.random.Generator, words: tuple[str, ...] = ()) -> tuple[str, Color]:
    """A colour word, among ``words`` if given, and one of its shades."""
    names = words or tuple(WEIGHTS)
    weights = np.array([WEIGHTS[name] for name in names])
    name = str(rng.choice(names, p=weights / weights.sum()))
    shade = np.array(SHADES[name][rng.integers(len(SHADES[name]))]) * rng.uniform(0.92, 1.06) + rng.normal(0, 4, 3)
    return name, _rgb(shade)


def draw_material(rng: np.random.Generator, words: tuple[str, ...] = ()) -> tuple[str, Material]:
    """A colour word and a material whose main colour it names."""
    name, rgb = draw_color(rng, words)
    kinds = ['plain', 'speckle', 'stripes', 'checks', 'wood' if name in WOODEN else 'plain']
    texture = str(rng.choice(kinds, p=[0.5, 0.12, 0.09, 0.07, 0.22]))
    return name, Material(rgb, _second(rng, rgb, texture), texture, float(rng.uniform(0.04, 0.25)))


def plain(rgb: Color) -> Material:
    """One colour without texture."""
    return Material(rgb, rgb)


def _second(rng: np.random.Generator, rgb: Color, texture: str) -> Color:
    """The other colour of a texture: a neighbouring shade, so that the colour word stays true."""
    strength = {'plain': 0.0, 'wood': 0.22, 'speckle': 0.25}.get(texture, 0.32)
    sign = 1 if np.mean(rgb) < 110 else -1
    return _rgb(np.array(rgb) * (1 + sign * strength * rng.uniform(0.6, 1.0)))


def _rgb(values: np.ndarray) -> Color:
    red, green, blue = np.clip(values, 8, 250)
    return float(red), float(green), float(blue)


def _drawn(*words: str) -> Callable[[np.random.Generator], tuple[str, Material]]:
    return lambda rng: draw_material(rng, words)


def _flat(*words: str) -> Callable[[np.random.Generator], tuple[str, Material]]:
    def draw(rng: np.random.Generator) -> tuple[str, Material]:
        name, rgb = draw_color(rng, words)
        return name, plain(rgb)

    return draw


# What the parts of a piece of furniture may be painted with.
SLOTS: dict[str, Callable[[np.random.Generator], tuple[str, Material]]] = {
    'main': _drawn(),
    'second': _drawn(),
    'frame': _drawn('white', 'grey', 'black', 'brown', 'beige'),
    'metal': _flat('grey', 'black', 'white', 'yellow'),
    'dark': _flat('black', 'grey'),
    'light': _flat('white', 'beige'),
    'glass': _flat('white', 'grey', 'blue', 'black', 'green', 'beige'),
    'art': _drawn(),
    'leaf': _flat('green', 'green', 'yellow', 'brown'),
}


class Paint:
    """The materials of one object: one draw per slot. Slots like 'main:2' are further draws of the slot 'main'."""

    def __init__(self, rng: np.random.Generator, words: tuple[str, ...] = ()) -> None:
        self._rng = rng
        self._drawn = {'main': draw_material(rng, words)}

    def __getitem__(self, slot: str) -> tuple[str, Material]:
        """Colour word and material of a slot."""
        if slot not in self._drawn:
            self._drawn[slot] = SLOTS[slot.split(':')[0]](self._rng)
        return self._drawn[slot]
