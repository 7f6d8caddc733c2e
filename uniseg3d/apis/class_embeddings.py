"""Class embeddings from a list of names and a CLIP text tower."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from uniseg3d.models.encoders.clip_text import ClipText
from uniseg3d.text.class_embeddings import cached_class_embeddings, embed_classes, encoder_key
from uniseg3d.text.class_files import require_suffix, write_class_embeddings
from uniseg3d.text.class_lists import class_list, class_list_names
from uniseg3d.text.templates import find_templates
from uniseg3d.utils.artefacts import find_artefact
from uniseg3d.utils.errors import DataError

DEFAULT_WEIGHTS = str(find_artefact('clip-convnext-large').path())


def class_names(source: str | Path) -> list[str]:
    """Names of a class list that ships with the package, or of a text file: one class a line, synonyms behind commas."""
    if str(source) in class_list_names():
        return list(class_list(str(source)).names)
    path = Path(source)
    if not path.is_file():
        known = ', '.join(class_list_names())
        raise DataError(f'{source} is neither a file with one class name a line nor one of the class lists {known}')
    try:
        lines = path.read_text(encoding='utf-8-sig').splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f'{source} is not UTF-8 text ({error}); write one class name a line') from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise DataError(f'{source} names no class; write one a line')
    return names


def make_class_embeddings(
    names: Sequence[str],
    out: str | Path | None = None,
    model: str = 'convnext_large_d_320',
    weights: str | Path = DEFAULT_WEIGHTS,
    templates: str | Sequence[str] = 'rooms',
    device: str = 'cpu',
    cache: str | Path | None = None,
) -> Tensor:
    """Class embeddings [C, P, E] of ``names``, written to ``out`` (.pth or .safetensors) where given.

    Args:
        model: the open_clip model whose text tower reads the names.
        weights: a file of that model, or a UniSeg3D checkpoint with that tower.
        templates: a name of uniseg3d.text.templates, or sentences with {} where the class name goes.
        cache: folder of earlier results, found by content.
    """
    if out is not None:
        require_suffix(out)
    sentences = find_templates(templates) if isinstance(templates, str) else templates
    text = ClipText(model, weights=str(weights))
    text.init_weights()
    text.to(device)
    if cache is None:
        embeddings = embed_classes(names, sentences, text.embed).cpu()
    else:
        embeddings = cached_class_embeddings(cache, names, sentences, text.embed, encoder_key(text.tower))
    if out is not None:
        write_class_embeddings(out, embeddings, names)
    return embeddings
