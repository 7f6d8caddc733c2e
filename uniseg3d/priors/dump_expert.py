"""What a panoptic network and a captioner said elsewhere, read from files in the layout of SAS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from uniseg3d.models.layers.build import as_module
from uniseg3d.priors.pixel_experts import IndexedMap, Photo
from uniseg3d.priors.text_bridge import describe_pixels, sentence_builder
from uniseg3d.registry import EXPERTS
from uniseg3d.text.class_lists import class_list, closest_names
from uniseg3d.text.templates import spoken
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.torch_arrays import read_torch_arrays


@EXPERTS.register_module()
class DumpExpert:
    """Reads ``<root>/<scene>/{sem_seg,pano_seg,caption}/<frame>.pth``; frames without a class map have nothing to say.

    Args:
        texts: options of :class:`TextSpace` with its encoder.
        classes: class list that the class maps count.
        sentence: 'adjective' or 'noun-swap', or either with '-tagged' behind it (see ``sentence_builder``).
        captions_from_zero: take caption i for segment i as the published program does; its captions start at segment 1.
        said_as: say classes by the closest names of another list, of which the package has a table; for encoders that do not
            know that a couch is a sofa.
    """

    def __init__(
        self,
        root: str,
        texts: Mapping[str, Any],
        classes: str = 'seem139',
        sentence: str = 'adjective',
        captions_from_zero: bool = False,
        said_as: str | None = None,
    ) -> None:
        options = dict(texts)
        self.texts = TextSpace(as_module(options.pop('encoder')), **options)  # type: ignore[arg-type]
        self.root, self.build, self.captions_from_zero = Path(root), sentence_builder(sentence), captions_from_zero
        names = class_list(classes).names if said_as is None else closest_names(classes, said_as)
        self.names = [self.texts.said.get(name, spoken(name)[0]) for name in names]

    def describe(self, photos: Sequence[Photo]) -> list[IndexedMap | None]:
        """Sentences of the pixels of each photo."""
        return [self._describe(photo) for photo in photos]

    def _describe(self, photo: Photo) -> IndexedMap | None:
        place = self.root / photo.scene_id
        path = place / 'sem_seg' / f'{photo.name}.pth'
        if not path.exists():
            return None
        classes = _map(path)
        regions, captions = torch.zeros(1, 1, dtype=torch.int64), ['']
        if (place / 'pano_seg' / path.name).exists() and (place / 'caption' / path.name).exists():
            regions = _map(place / 'pano_seg' / path.name)
            captions = self._captions(place / 'caption' / path.name, int(regions.max()))
        said, ids = describe_pixels(classes, regions, captions, self.names, self.build)
        return IndexedMap(ids, self.texts.sentences(said))

    def _captions(self, path: Path, segments: int) -> list[str]:
        """Caption of segment 0 (no segment), 1, ...; '' where there is none."""
        content = read_torch_arrays(path)
        record = content[0] if isinstance(content, list | tuple) and content else content
        if not isinstance(record, dict) or 'captions' not in record:
            raise FileFormatError(f'{path}: expected a list with a dict that has captions, got {type(content).__name__}')
        said = [str(caption) for caption in record['captions']]
        rows = said if self.captions_from_zero else ['', *said]
        return [*rows, *[''] * (segments + 1 - len(rows))]


def _map(path: Path) -> Tensor:
    values = torch.as_tensor(read_torch_arrays(path))
    if values.ndim != 2:
        raise FileFormatError(f'{path}: expected a map [H, W], got {tuple(values.shape)}')
    return values.long()
