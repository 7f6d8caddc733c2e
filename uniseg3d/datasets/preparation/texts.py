"""Sentences given to the scenes they are about, with tokens; those that cannot be are counted or named."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from uniseg3d.datasets.preparation.conversion import ConvertedScene
from uniseg3d.datasets.preparation.descriptions import SOURCES, Description, read_descriptions
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.io.scannet import read_label_map
from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.text.class_lists import class_list, meta_path
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.progress import track


@dataclass
class TextCounts:
    """What became of the sentences of one or more scenes."""

    kept: int = 0
    dropped: int = 0  # about objects outside the 18 thing classes
    faults: list[Fault] = field(default_factory=list)

    def __add__(self, other: 'TextCounts') -> 'TextCounts':
        return TextCounts(self.kept + other.kept, self.dropped + other.dropped, self.faults + other.faults)


def describe_scenes(
    root: Path, sources: Sequence[str], split: str, scenes: Sequence[ConvertedScene]
) -> tuple[str, list[Fault]]:
    """Add the sentences of some ``SOURCES`` below ``root`` to the scenes; says in words how many there are."""
    described, absent, faults = _read_sources(root, sources, split)
    things = thing_names()
    counts = TextCounts(faults=faults)
    for info, object_ids in track(scenes, f'tokenising {split}'):
        counts += add_texts(info, described[info.scene_id], set(object_ids), things.__contains__)
    gone = f' ({", ".join(absent)} {"is" if len(absent) == 1 else "are"} not there)' if absent else ''
    gone += _elsewhere(described, {info.scene_id for info, _ in scenes})
    if not counts.kept and not counts.dropped:
        return f'no sentences{gone}', counts.faults
    said = f'{counts.kept} sentences ({counts.dropped} dropped: their objects are outside the 18 thing classes){gone}'
    return said, counts.faults


def _elsewhere(described: Mapping[str, Sequence[Description]], scenes: Collection[str]) -> str:
    """Says which scenes have sentences and are not there: a split that is named wrongly shows here."""
    others = sorted(set(described) - set(scenes))
    if not others:
        return ''
    count = sum(len(described[scene]) for scene in others)
    return f' ({count} more are about {len(others)} scenes that are not in this split, such as {others[0]})'


def _read_sources(
    root: Path, sources: Sequence[str], split: str
) -> tuple[dict[str, list[Description]], list[str], list[Fault]]:
    """Sentences by scene, the names of files that are not there, and what cannot be read."""
    described: dict[str, list[Description]] = defaultdict(list)
    absent: list[str] = []
    faults: list[Fault] = []
    for source in sources:
        path = root / SOURCES[source].file.format(split=split)
        if not path.exists():
            absent.append(path.name)
            continue
        found, wrong = read_descriptions(path, source)
        faults += wrong
        for description in found:
            described[description.scene_id].append(description)
    return described, absent, faults


def add_texts(
    info: SceneInfo, descriptions: Iterable[Description], object_ids: Collection[int], is_thing: Callable[[str], bool]
) -> TextCounts:
    """Give a scene its sentences.

    Those about objects outside the 18 thing classes are dropped: they would tell training the names of novel classes. For a
    sentence that means nothing in the scene the name it uses decides. ``object_ids``: all annotated objects of the scene.
    """
    labels = {box.object_id: box.label for box in info.instances if box.object_id is not None}
    counts = TextCounts()
    said: dict[tuple[int, ...], list[Description]] = defaultdict(list)
    for description in descriptions:
        ids = description.object_ids
        if unknown := sorted(set(ids) - set(object_ids)):
            reason = f'a sentence is about object {unknown[0]}, which the scan does not have: "{description.sentence}"'
            counts.faults.append(Fault(info.scene_id, reason))
        elif set(ids) <= labels.keys() and (ids or is_thing(description.name)):
            said[ids].append(description)
            counts.kept += 1
        else:
            counts.dropped += 1
    info.texts += [_text(ids, group, labels) for ids, group in said.items()]
    return counts


def _text(ids: tuple[int, ...], group: Sequence[Description], labels: Mapping[int, int]) -> ObjectText:
    sentences, kinds = [each.sentence for each in group], [each.kind for each in group]
    classes = {labels[number] for number in ids}
    label = classes.pop() if len(classes) == 1 else -1
    return ObjectText.about(ids, label, sentences, tokenize(sentences), kinds if any(kinds) else [])


def thing_names() -> frozenset[str]:
    """Every raw category of ScanNet's label map that belongs to one of the 18 thing classes, and their own names."""
    classes = class_list('scannet20')
    wanted = {classes.raw_ids[index] for index in classes.things}
    categories = read_label_map(meta_path('scannet/scannetv2-labels.combined.tsv'), 'nyu40id')
    return frozenset({name for name, number in categories.items() if number in wanted} | set(classes.thing_names))
