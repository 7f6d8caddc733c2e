"""Colour pictures and 8/16-bit maps as PNG or JPEG."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import write_bytes

MOST_PIXELS = 80_000_000  # a header may promise more than memory holds
_SIXTEEN_BIT = ('I;16', 'I;16B', 'I;16L', 'I')


def read_color(path: str | Path) -> np.ndarray:
    """Picture as RGB, [H, W, 3] uint8; grey, palette and transparent pictures are converted."""
    return decode_color(_content(Path(path)), str(path))


def decode_color(content: bytes, where: str) -> np.ndarray:
    """Picture of a PNG or JPEG file's content as RGB, [H, W, 3] uint8; ``where`` names it in error messages."""
    return np.array(_decode(content, where).convert('RGB'))


def read_photo(path: str | Path) -> np.ndarray:
    """Photo as people see it, [H, W, 3] uint8 RGB: turned as its EXIF data say, 16 bits per channel cut to 8."""
    image = _upright(_decode(_content(Path(path)), str(path)))
    if image.mode in _SIXTEEN_BIT:
        return np.repeat((np.array(image) >> 8).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return np.array(image.convert('RGB'))


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data fail in any of the parser's ways; the picture itself is sound: as it lies
        return image


def read_map(path: str | Path) -> np.ndarray:
    """Single-channel image of depths, labels or ids, [H, W] uint8 or uint16 as stored."""
    image = _decode(_content(Path(path)), str(path))
    if image.mode in ('L', 'P', '1'):
        return np.array(image, dtype=np.uint8)
    if image.mode not in _SIXTEEN_BIT:
        raise FileFormatError(f'{path}: expected one channel of 8 or 16 bits, got an image of mode {image.mode}')
    values = np.array(image)
    if values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
        raise FileFormatError(f'{path}: values {values.min()}..{values.max()} do not fit 16 bits')
    return values.astype(np.uint16)


def write_png(path: str | Path, image: np.ndarray, level: int = 6) -> None:
    """Write [H, W] uint8 or uint16, or [H, W, 3] uint8; ``level`` 0..9 trades time for size."""
    write_bytes(path, encode_png(image, level))


def write_jpeg(path: str | Path, image: np.ndarray, quality: int = 92) -> None:
    """Write an RGB picture [H, W, 3] uint8."""
    write_bytes(path, encode_jpeg(image, quality))


def encode_png(image: np.ndarray, level: int = 6) -> bytes:
    """PNG file content; the same image always gives the same bytes."""
    known = (image.ndim == 2 and image.dtype in (np.uint8, np.uint16)) or _is_rgb(image)
    if not known or not image.size:
        raise DataError(f'PNG takes [H, W] uint8 or uint16 or [H, W, 3] uint8, got {image.dtype} of shape {image.shape}')
    return _encode(image, 'PNG', compress_level=level)


def encode_jpeg(image: np.ndarray, quality: int = 92) -> bytes:
    """JPEG file content; the same picture always gives the same bytes."""
    if not _is_rgb(image) or not image.size:
        raise DataError(f'JPEG takes [H, W, 3] uint8, got {image.dtype} of shape {image.shape}')
    return _encode(image, 'JPEG', quality=quality)


def _is_rgb(image: np.ndarray) -> bool:
    return image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8


def _encode(image: np.ndarray, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error


def _decode(content: bytes, where: str) -> Image.Image:
    try:
        # only the two formats that are promised: Pillow's many other decoders stay out of reach of foreign files
        image = Image.open(io.BytesIO(content), formats=('PNG', 'JPEG'))
        if image.width * image.height > MOST_PIXELS:
            raise FileFormatError(f'{where}: {image.width} x {image.height} pixels are more than the limit of {MOST_PIXELS}')
        image.load()
    except UnidentifiedImageError:
        raise FileFormatError(f'{where} is neither a PNG nor a JPEG image') from None
    except Image.DecompressionBombError:  # before its size can be asked for
        raise FileFormatError(f'{where}: its header promises more than the limit of {MOST_PIXELS} pixels') from None
    except (OSError, SyntaxError, ValueError) as error:
        raise FileFormatError(f'{where} is truncated or corrupt: {error}') from None
    return image
