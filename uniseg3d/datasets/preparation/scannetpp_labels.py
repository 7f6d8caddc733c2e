"""Which class and object each vertex of a ScanNet++ scene shows in the panoptic pictures of its views."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.scannetpp import Names, read_names
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError

FOLDER = 'metadata/semantic_benchmark'


@dataclass(frozen=True)
class PanopticClasses:
    """Names of the classes, which of them are things, and how free names are mapped to them."""

    names: tuple[str, ...]
    things: frozenset[str]
    name_map: Path
    crowds: bool = False  # keep groups that the benchmark names after a thing but does not count as one

    @classmethod
    def read(
        cls,
        root: Path,
        classes: Path | None = None,
        instances: Path | None = None,
        name_map: Path | None = None,
        crowds: bool = False,
    ) -> 'PanopticClasses':
        """Of files, by default those of the benchmark below ``root``, or else the package's own copy of its lists."""
        listed = class_list('scannetpp100')
        names = _lines(classes or root / FOLDER / 'top100.txt', listed.names, classes is None)
        things = _lines(instances or root / FOLDER / 'top100_instance.txt', listed.thing_names, instances is None)
        if unknown := sorted(set(things) - set(names)):
            raise ConfigError(f'the list of things names {", ".join(unknown[:5])}, which the list of classes lacks')
        return cls(names, frozenset(things), name_map or root / FOLDER / 'map_benchmark.csv', crowds)

    @cached_property
    def _mapped(self) -> Names:
        return read_names(self.name_map)

    def class_of(self, label: str) -> int | None:
        """Class of a free name; ``None`` where it has none."""
        as_class, as_object = self._mapped.get(label, (label, label))
        if as_object in self.things:
            return self.names.index(as_object)
        if as_class not in self.names or (as_class in self.things and not self.crowds):
            return None
        return self.names.index(as_class)

    def categories(self) -> list[dict[str, object]]:
        """Records of all classes."""
        return [{'id': place, 'name': name, 'isthing': name in self.things} for place, name in enumerate(self.names)]


def _lines(path: Path, shipped: Sequence[str], optional: bool) -> tuple[str, ...]:
    if optional and not path.exists():
        return tuple(shipped)
    try:
        names = [line.strip() for line in path.read_text(encoding='utf-8').splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f'cannot read {path} ({error}); expected one name a line') from error
    if not names or len(set(names)) < len(names):
        raise DataError(f'{path}: expected names, one a line, all different')
    return tuple(names)


@dataclass(frozen=True, eq=False)
class VertexLabels:
    """Ids of the vertices, ``instance * separator + class``, 0 = none, and what the instances are."""

    ids: np.ndarray  # [N] int64
    segments: list[dict[str, object]]  # id, category_id and label of every instance


def label_vertices(
    groups: Sequence[tuple[np.ndarray, str]],  # segment ids and free name of each annotated group
    segments: np.ndarray,  # [N] segment of each vertex
    classes: PanopticClasses,
    separator: int = 256,
) -> VertexLabels:
    """Instances count from 1, things and stuff alike. Where groups overlap, that with the fewest vertices counts."""
    if len(classes.names) > separator:
        raise ConfigError(f'{len(classes.names)} classes do not fit below the separator {separator}; raise it')
    known = [(own, label, place) for own, label in groups if (place := classes.class_of(label)) is not None]
    members = [np.isin(segments, own) for own, _, _ in known]
    ids = np.zeros(len(segments), np.int64)
    for row in sorted(range(len(known)), key=lambda row: -int(members[row].sum())):  # the smallest last
        ids[members[row]] = (row + 1) * separator + known[row][2]
    records = [
        {'id': (row + 1) * separator + place, 'category_id': place, 'label': label}
        for row, (_, label, place) in enumerate(known)
    ]
    return VertexLabels(ids, records)
