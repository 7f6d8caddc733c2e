"""What can be wrong with an info entry that is sound in itself: objects and sentences that the masks do not bear out."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from uniseg3d.io.scene_info import InstanceBox, ObjectText
from uniseg3d.text.class_lists import ClassList, class_list

SCANNET = class_list('scannet20')
NAMED = 5  # objects that a fault names; the others are counted


def thing_labels(instance: np.ndarray, classes: np.ndarray, listed: ClassList = SCANNET) -> dict[int, int]:
    """Thing label of each object that training sees, by object id: the class of its first point among the things.

    ``instance`` [N]: objectId + 1, 0 = none. ``classes`` [N]: places in ``listed``, or void.
    """
    things = listed.things
    keep = np.isin(classes, things) & (instance > 0)
    ids, first = np.unique(instance[keep], return_index=True)
    labels = np.searchsorted(things, classes[keep][first])
    return dict(zip((ids - 1).tolist(), labels.tolist(), strict=True))


def box_faults(boxes: Sequence[InstanceBox], labels: Mapping[int, int], listed: ClassList = SCANNET) -> Iterator[str]:
    """Boxes against the labels that the masks give; the original's boxes name no objects, so they are only missed."""
    if labels and not boxes:
        yield f'"instances" is empty, but the masks hold {len(labels)} objects; prepare this scene again'
        return
    named = {box.object_id: box.label for box in boxes if box.object_id is not None}
    if unknown := sorted(named.keys() - labels.keys()):
        yield f'"instances" lists {_objects(unknown)} without points of a thing class'
    if len(named) == len(boxes) and (missing := sorted(labels.keys() - named.keys())):
        yield f'"instances" lacks {_objects(missing)} that the masks hold'
    elif len(named) < len(boxes) and named:
        yield f'"instances" names {len(named)} different objects in {len(boxes)} boxes'
    for object_id in sorted(named.keys() & labels.keys()):
        if named[object_id] != labels[object_id]:
            called, true = (_name(group[object_id], listed) for group in (named, labels))
            yield f'"instances" calls object {object_id} {called}, its points are {true}'


def text_faults(
    texts: Sequence[ObjectText], labels: Mapping[int, int] | None, count: int | None, listed: ClassList = SCANNET
) -> Iterator[str]:
    """Sentences against ``labels`` and the number of points, where these are known."""
    for text in texts:
        if labels is not None:
            yield from _meant_faults(text, labels, listed)
        if text.point_ids is not None and count is not None and (text.point_ids >= count).any():
            yield f'points of object {text.object_id} reach {text.point_ids.max()}, the scene has {count} points'


def _meant_faults(text: ObjectText, labels: Mapping[int, int], listed: ClassList) -> Iterator[str]:
    """Sentences about objects that the scene lacks, or of another class than they say."""
    gone = [number for number in text.object_ids if number not in labels]
    classes = {labels[number] for number in text.object_ids if number not in gone}
    if gone:
        yield f'sentences about {_objects(gone)}, which {"have" if len(gone) > 1 else "has"} no points of a thing class'
    elif text.label != (true := classes.pop() if len(classes) == 1 else -1):
        called, found = _name(text.label, listed), _name(true, listed)
        yield f'sentences about {_objects(text.object_ids)} call it {called}, its points are {found}'


def _objects(ids: Sequence[int]) -> str:
    more = f' and {len(ids) - NAMED} more' if len(ids) > NAMED else ''
    return f'object{"s" if len(ids) > 1 else ""} {", ".join(map(str, ids[:NAMED]))}{more}'


def _name(label: int, listed: ClassList) -> str:
    if label < 0:
        return 'no single class'
    return f'{listed.thing_names[label]} ({label})'
