"""Pictures side by side, with titles, captions and a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import atomic_path

PAPER, INK, FAINT = (255, 255, 255), (30, 34, 40), (110, 116, 124)
YES, NO = (20, 140, 60), (30, 34, 40)  # of clicks; not red, which is the colour of masks
GAP = 10  # pixels between panels and around them
LINE = 1.35  # line height in font sizes
FORMATS = ('.png', '.jpg', '.jpeg')
Color = tuple[int, ...]  # red, green, blue


@dataclass
class Panel:
    """One picture [H, W, 3] uint8 with a title above and a caption below."""

    title: str
    image: np.ndarray
    caption: str = ''


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """A font that ships with matplotlib, so that pictures look the same on every machine."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / 'fonts' / 'ttf' / name), size)


def compose(
    panels: Sequence[Panel], columns: int, heading: str = '', legend: Sequence[tuple[str, Color]] = (), text_size: int = 17
) -> np.ndarray:
    """Grid of equally large panels in reading order: [H, W, 3] uint8. Where none has a title, no room is left for titles."""
    titled, lines = any(panel.title for panel in panels), _caption_lines(panels, text_size)
    tiles = [_with_texts(panel, text_size, titled, lines) for panel in panels]
    rows = [contact_sheet(tiles, min(columns, len(tiles)))]
    width = rows[0].shape[1]
    if heading:
        rows.insert(0, _text_block([heading], width, round(1.25 * text_size), INK, bold=True))
    if legend:
        rows.append(_legend(legend, width, text_size))
    return np.concatenate(rows)


def contact_sheet(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Grid of pictures [H, W, 3] uint8 of one size, in reading order, with gaps."""
    if not images:
        raise DataError('there is nothing to draw: a contact sheet needs at least one picture')
    height, width = images[0].shape[:2]
    rows = -(-len(images) // columns)
    sheet = np.empty((GAP + rows * (height + GAP), GAP + columns * (width + GAP), 3), dtype=np.uint8)
    sheet[:] = PAPER
    for i, image in enumerate(images):
        y, x = GAP + i // columns * (height + GAP), GAP + i % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = image
    return sheet


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures of one height as one, with a gap."""
    gap = np.full((len(left), GAP, 3), PAPER, dtype=np.uint8)
    return np.concatenate([left, gap, right], axis=1)


def draw_clicks(image: np.ndarray, pixels: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Mark clicks at ``pixels`` [C, 2]: a green ring for "this", a dark one for "not this"."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for (x, y), yes in zip(pixels, positive, strict=True):
        for radius, color in ((9, PAPER), (7, YES if yes else NO), (3, PAPER)):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    return np.asarray(picture)


def draw_outline(image: np.ndarray, region: np.ndarray, width: int = 2) -> np.ndarray:
    """Dark line around the pixels of ``region`` [H, W] bool, with a pale rim, so that it shows on every colour."""
    whole = ndimage.binary_closing(region, iterations=width)  # a line around every speck would hide the shape
    near, far = (ndimage.binary_dilation(whole, iterations=reach) if whole.any() else whole for reach in (width, width + 1))
    picture = image.copy()
    picture[far & ~near] = PAPER
    picture[near & ~whole] = INK
    return picture


def check_picture_path(path: str | Path) -> None:
    """Refuse a path whose suffix names no format, before there is anything to lose."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ConfigError(f'cannot draw {path}: the suffix must be one of {", ".join(FORMATS)}')


def save_picture(path: str | Path, image: np.ndarray) -> Path:
    """Write a picture [H, W, 3] uint8; the suffix chooses the format, photographs as .jpg are smaller."""
    check_picture_path(path)
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, quality=88, optimize=True)
    return Path(path)


def _with_texts(panel: Panel, text_size: int, titled: bool, caption_lines: int) -> np.ndarray:
    width = panel.image.shape[1]
    parts = [_text_block([panel.title], width, text_size, INK, bold=True)] if titled else []
    parts.append(panel.image)
    if caption_lines:
        lines = _wrap(panel.caption, width, text_size)
        parts.append(_text_block(lines + [''] * (caption_lines - len(lines)), width, text_size, FAINT))
    return np.concatenate(parts)


def _caption_lines(panels: Sequence[Panel], text_size: int) -> int:
    return max((len(_wrap(panel.caption, panel.image.shape[1], text_size)) for panel in panels), default=0)


def _wrap(text: str, width: int, text_size: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f'{lines[-1]} {word}' if lines else word
        if lines and font(text_size).getlength(longer) <= width - GAP:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _text_block(lines: Sequence[str], width: int, text_size: int, color: Color, bold: bool = False) -> np.ndarray:
    height = round(LINE * text_size)
    block = Image.new('RGB', (width, height * len(lines) + 4), PAPER)
    draw = ImageDraw.Draw(block)
    for row, line in enumerate(lines):
        draw.text((GAP // 2, row * height), line, fill=color, font=font(text_size, bold))
    return np.asarray(block)


def _legend(entries: Sequence[tuple[str, Color]], width: int, text_size: int) -> np.ndarray:
    chip, height = text_size, round(LINE * text_size) + 2
    widths = [chip + 6 + round(font(text_size).getlength(name)) + 2 * GAP for name, _ in entries]
    corners, x, y = [], GAP, 0
    for entry in widths:
        if x + entry > width and x > GAP:
            x, y = GAP, y + height
        corners.append((x, y))
        x += entry
    block = Image.new('RGB', (width, y + height + GAP), PAPER)
    draw = ImageDraw.Draw(block)
    for (name, color), (x, y) in zip(entries, corners, strict=True):
        draw.rectangle((x, y + 3, x + chip, y + 3 + chip), fill=tuple(color))
        draw.text((x + chip + 6, y + 1), name, fill=INK, font=font(text_size))
    return np.asarray(block)
