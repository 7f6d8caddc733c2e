"""Referring expressions in ScanRefer's schema, each true of exactly one thing of its room."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from uniseg3d.rooms.claims import Claim, Modifier, find_claims
from uniseg3d.rooms.logic import DISTANCES, Form, World, as_form, without_noun
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.templates import (
    COMPARATIVE_WORDS,
    SUPERLATIVE_WORDS,
    Wording,
    phrase,
    predicate,
    sentence,
    split_of,
    tokens_of,
)

SENTENCES = 34  # at most, for one room that is tested with
PER_THING = 5  # at most, for one thing
TIMES = {'train': 3, 'val': 1}  # so many times that for training: who hears few sentences learns them by heart
QUOTA = {'unique': 9, 'name': 5, 'color': 7, 'size': 5, 'relation': 8}  # and COMBINED for every combination
COMBINED = 4
REMARKS = 0.3  # share of sentences that say more than they need
WORDINGS_TRIED = 40


def describe(room: Room, visible: dict[int, int], split: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Sentences about the things of ``room`` that the scan shows, as ScanRefer records.

    Args:
        visible: number of scan vertices of each object id.
        split: 'train' or 'val'; a wording of one is never used in the other.

    Each record also says of which ``kind`` it is (what is needed besides the class noun), its content ``words``, whether
    it ``needs_noun`` to be understood, and its ``logic``: the form of uniseg3d.rooms.logic that was checked.
    """
    world, times = World(room, visible), TIMES[split]
    claims = find_claims(world, rng)
    records: list[dict[str, Any]] = []
    said: set[str] = set()
    per_thing: Counter[int] = Counter()
    for claim in _chosen(claims, times, rng):
        if len(records) == times * SENTENCES:
            break
        if per_thing[claim.target] == times * PER_THING:
            continue
        record = _record(room.name, world, claim, split, said, rng)
        if record is not None:
            record['ann_id'] = str(per_thing[claim.target])
            per_thing[claim.target] += 1
            records.append(record)
    return sorted(records, key=lambda r: (int(r['object_id']), int(r['ann_id'])))


def single_out(world: World, form: Form) -> int | None:
    """Object id of the one thing that a claim is true of; None if there is none, or doubt."""
    row = world.only(form)
    return None if row is None else world.objects[row].object_id


def ambiguous_without_noun(room: Room, visible: dict[int, int], records: list[dict[str, Any]]) -> list[bool]:
    """For each record: does 'object' in place of its own noun leave open which thing is meant?"""
    world = World(room, visible)
    return [single_out(world, without_noun(as_form(record['logic']))) != int(record['object_id']) for record in records]


def _chosen(claims: list[Claim], times: int, rng: np.random.Generator) -> Iterator[Claim]:
    """Claims in random order: first each kind up to ``times`` its quota, then what is left."""
    order = [claims[i] for i in rng.permutation(len(claims))]
    # many nouns times many anchors say nearly the same: a thing gets one claim of a kind before it gets the next,
    # and distances, which could be measured to everything, wait for what is said of the surroundings
    turn: Counter[tuple[int, str]] = Counter()
    turns = []
    for claim in order:
        turns.append(turn[claim.target, claim.kind] + 2 * any(m.head in DISTANCES for m in claim.modifiers))
        turn[claim.target, claim.kind] += 1
    order = [order[i] for i in np.argsort(turns, kind='stable')]
    taken: Counter[str] = Counter()
    later = []
    for claim in order:
        if taken[claim.kind] < times * QUOTA.get(claim.kind, COMBINED):
            taken[claim.kind] += 1
            yield claim
        else:
            later.append(claim)
    yield from later


def _record(
    scene: str, world: World, claim: Claim, split: str, said: set[str], rng: np.random.Generator
) -> dict[str, Any] | None:
    thing = world.objects[claim.target]
    for _ in range(WORDINGS_TRIED):
        remark = _remark(world, claim) if rng.random() < REMARKS else None
        text = sentence(rng, _wording(world, claim, remark, rng))
        if split_of(text) != split or text in said:
            continue
        said.add(text)
        form = claim.form if remark is None else remark.applied(claim.form)
        if single_out(world, form) != thing.object_id:
            raise AssertionError(f'"{text}" is not true of object {thing.object_id} of {scene} alone')
        return {
            'scene_id': scene,
            'object_id': str(thing.object_id),
            'object_name': str(thing.raw_category).replace(' ', '_'),
            'ann_id': '',
            'description': text,
            'token': tokens_of(text),
            'kind': claim.kind,
            'words': _content_words(claim, remark),
            'needs_noun': single_out(world, without_noun(form)) != thing.object_id,
            'logic': form,
        }
    return None


def _remark(world: World, claim: Claim) -> Modifier | None:
    """Something else that is true of the thing: its colour, if it has not been said."""
    color = world.objects[claim.target].color_name
    if color is None or any(m.kind == 'color' for m in claim.modifiers):
        return None
    return Modifier('color', color) if world.truth(('color', color)).sure[claim.target] else None


def _wording(world: World, claim: Claim, remark: Modifier | None, rng: np.random.Generator) -> Wording:
    color = next((m.head for m in claim.modifiers if m.kind == 'color'), '')
    size = next((m.head for m in claim.modifiers if m.kind == 'size'), '')
    relations = [_relation_words(world, claim, m, rng) for m in claim.modifiers if m.kind == 'relation']
    if size:
        choices = (COMPARATIVE_WORDS if _of_two(world, claim) else SUPERLATIVE_WORDS)[size]
        size = choices[rng.integers(len(choices))]
    return Wording(claim.noun, color, size, tuple(relations), predicate((remark.head,)) if remark else '')


def _relation_words(world: World, claim: Claim, modifier: Modifier, rng: np.random.Generator) -> str:
    head = modifier.head
    if head == 'on' and world.names[claim.target].kind == 'sink':
        head = 'in'
    if head == 'carrying' and world.names[modifier.anchors[0]].kind == 'sink':
        head = 'holding'
    return phrase(rng, head, modifier.anchor_words)


def _of_two(world: World, claim: Claim) -> bool:
    """Whether the superlative compares exactly two things, both seen."""
    group = world.truth(claim.form[1]).possible
    return bool(group.sum() == 2 and (world.seen[group] > 0).all())


def _content_words(claim: Claim, remark: Modifier | None) -> list[str]:
    """Nouns, colours, sizes and relations of a sentence, without the words around them."""
    words = [claim.noun]
    for modifier in (*claim.modifiers, *([remark] if remark else [])):
        words += [modifier.head, *modifier.anchor_words]
    return words
