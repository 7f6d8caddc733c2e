"""Which of many images a memory is built from, and in which order they come."""

import numpy as np

from uniseg3d.utils.errors import ConfigError


def most_different(similarity: np.ndarray, count: int, first: int = 0) -> list[int]:
    """Farthest point sampling: ``first``, then again and again the image least similar to those that were taken.

    ``similarity`` [V, V]: row = the image that asks.
    """
    _check(len(similarity), count)
    taken = [first]
    nearest = similarity[first].astype(np.float64)  # how similar each image is to the one taken that resembles it most
    nearest[first] = np.inf
    while len(taken) < count:
        image = int(nearest.argmin())
        taken.append(image)
        nearest = np.maximum(nearest, similarity[image])
        nearest[image] = np.inf
    return taken


def chain_order(similarity: np.ndarray, images: list[int]) -> list[int]:
    """``images`` from the one most similar to all others on, each next one being that most similar to any before it."""
    among = similarity[np.ix_(images, images)].astype(np.float64)
    np.fill_diagonal(among, 0)
    order = [int(among.sum(1).argmax())] if images else []
    nearest = np.full(len(images), -np.inf)
    while len(order) < len(images):
        nearest = np.maximum(nearest, among[order[-1]])
        nearest[order[-1]] = -np.inf
        left = np.isin(np.arange(len(images)), order, invert=True)
        order.append(int(np.where(left, nearest, -np.inf).argmax()))
    return [images[place] for place in order]


def choose_keyframes(similarity: np.ndarray, count: int, first: int = 0) -> list[int]:
    """``count`` different images in the order in which a memory should see them."""
    return chain_order(similarity, most_different(similarity, count, first))


def _check(images: int, count: int) -> None:
    if not 1 <= count <= images:
        raise ConfigError(f'{count} keyframes of {images} images; expected 1 to {images}')
