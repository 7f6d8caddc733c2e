"""Class names as vectors, made by a text encoder.

Class embeddings are [C, P, E]: classes, prototypes (synonyms) of each, width. A class with fewer synonyms repeats its first,
which changes nothing for a reader that takes the nearest prototype.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.text.class_files import read_class_embeddings, write_class_embeddings
from uniseg3d.text.templates import class_sentences
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import DataError

VERSION = 'class-embeddings-1'  # raise it when the same names give other vectors
Encode = Callable[[Tensor], Tensor]  # token rows [T, 77] to features [T, E]
Tokens = Callable[[Sequence[str]], np.ndarray]  # sentences to such rows


def embed_classes(names: Sequence[str], templates: Sequence[str], encode: Encode, tokens: Tokens = tokenize) -> Tensor:
    """Class embeddings of unit length [C, P, E]: each synonym is the mean direction of its sentences."""
    sentences = class_sentences(names, templates)
    flat = [sentence for synonyms in sentences for group in synonyms for sentence in group]
    with torch.no_grad():
        directions = F.normalize(encode(torch.from_numpy(tokens(flat))).float(), dim=1)
    counts = [len(synonyms) for synonyms in sentences]
    means = F.normalize(directions.unflatten(0, (sum(counts), len(templates))).mean(1), dim=1)  # [synonyms of all, E]
    start, most = np.cumsum([0, *counts[:-1]]), np.arange(max(counts))
    rows = start[:, None] + np.where(most < np.array(counts)[:, None], most, 0)  # [C, P]
    return means[torch.from_numpy(rows)]


def cached_class_embeddings(
    folder: str | Path, names: Sequence[str], templates: Sequence[str], encode: Encode, encoder: str
) -> Tensor:
    """As ``embed_classes``, from ``folder`` if they were made before by the same ``encoder`` (see ``encoder_key``).

    A damaged entry is made again.
    """
    content = repr((VERSION, encoder, class_sentences(names, templates)))
    path = Path(folder) / f'{hashlib.blake2b(content.encode(), digest_size=16).hexdigest()}.safetensors'
    if path.exists():
        try:
            return read_class_embeddings(path, names)
        except DataError:
            pass
    made = embed_classes(names, templates, encode).cpu()
    write_class_embeddings(path, made, names)
    return made


def encoder_key(module: nn.Module) -> str:
    """A digest of the module's weights: other weights, other embeddings."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in module.state_dict().items():
        digest.update(f'{name}{value.dtype}{tuple(value.shape)}'.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
