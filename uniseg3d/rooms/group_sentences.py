"""Sentences about several objects, about one and about none, in the form of Multi3DRefer."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ABSENT = 4  # sentences per room about things that it does not have
Entry = dict[str, Any]


def categories_of_names(records: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Raw category of each name that people give a described object in any of the rooms."""
    return {
        record['names'][sentence['object_id']]: sentence['object_name']
        for record in records.values()
        for sentence in record['sentences']
        if sentence['object_id'] in record['names']
    }


def group_sentences(scene_id: str, record: Mapping[str, Any], categories: Mapping[str, str]) -> list[Entry]:
    """Entries of one room, from its ``record`` and the raw categories of the names of all rooms.

    A name fits every object whose own name has all of its words: a round table is also a table.
    """
    names = {int(number): name for number, name in record['names'].items()}
    own = [categories[name] for name in names.values() if name in categories]
    told = _singles(record['sentences'], own) + _several(names, categories) + _none(scene_id, names, categories, own)
    flags = dict.fromkeys(('spatial', 'color', 'texture', 'shape'), False)
    return [{'scene_id': scene_id, 'ann_id': number, **entry, **flags} for number, entry in enumerate(told)]


def _singles(sentences: Sequence[Mapping[str, Any]], own: Sequence[str]) -> list[Entry]:
    """The sentences about single objects; other objects of the category distract."""
    kinds = ('st_wo_d', 'st_w_d')
    return [
        _entry([int(s['object_id'])], s['object_name'], s['description'], kinds[own.count(s['object_name']) > 1])
        for s in sentences
    ]


def _several(names: Mapping[int, str], categories: Mapping[str, str]) -> list[Entry]:
    """One sentence for each name that fits several objects."""
    found = []
    for name in sorted(set(names.values()) & categories.keys()):
        fitting = [number for number, other in names.items() if _fits(name, other)]
        if len(fitting) > 1:
            found.append(_entry(fitting, categories[name], f'every {name} in the room', 'mt'))
    return found


def _none(scene_id: str, names: Mapping[int, str], categories: Mapping[str, str], own: Sequence[str]) -> list[Entry]:
    """Some names that fit no object of the room, though others of the category may be there."""
    absent = [name for name in sorted(categories) if not any(_fits(name, other) for other in names.values())]
    rng = np.random.default_rng(zlib.crc32(scene_id.encode()))
    chosen = [absent[k] for k in sorted(rng.permutation(len(absent))[:ABSENT])]
    return [
        _entry([], categories[name], f'the {name} of this room', 'zt_w_d' if categories[name] in own else 'zt_wo_d')
        for name in chosen
    ]


def _fits(name: str, other: str) -> bool:
    return set(name.split()) <= set(other.split())


def _entry(object_ids: list[int], category: str, description: str, kind: str) -> Entry:
    return {'object_ids': object_ids, 'object_name': category, 'description': description, 'eval_type': kind}
