"""Finding claims that single out one thing: a noun, and no more attributes and relations than it needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from uniseg3d.rooms.logic import BINARY, DISTANCES, PLACES, SUPERLATIVES, Form, World
from uniseg3d.rooms.vocabulary import LANDMARKS

LEAST_VISIBLE = 30  # scan vertices of a thing that a sentence may speak of
PAIRS_TRIED = 60  # draws of two attributes for each noun that one attribute does not settle
ON_TOP = 'with things on it'


@dataclass(frozen=True)
class Modifier:
    """One attribute or relation that can be added to a noun."""

    kind: str  # color | size | relation
    head: str  # word of the logic, or the colour
    anchors: tuple[int, ...] = ()  # rows of the things it refers to
    anchor_words: tuple[str, ...] = ()  # what they are called
    anchor_forms: tuple[Form, ...] = ()

    @property
    def is_superlative(self) -> bool:
        """Whether it compares the things that all the rest is true of."""
        return self.head in SUPERLATIVES or self.head in DISTANCES

    def applied(self, form: Form) -> Form:
        """``form`` narrowed by this modifier."""
        if self.is_superlative:
            return (self.head, form, *self.anchor_forms)
        own: Form = ('color', self.head) if self.kind == 'color' else (self.head, *self.anchor_forms)
        return ('and', form, own)


@dataclass(frozen=True)
class Claim:
    """A noun and modifiers that are true of exactly one thing."""

    target: int  # row of the world's things
    noun: str
    modifiers: tuple[Modifier, ...]
    kind: str  # unique | name | color | size | relation, or a sum of the last three
    form: Form


def claim_form(noun: str, modifiers: tuple[Modifier, ...]) -> Form:
    """The logic of a noun with modifiers; a superlative compares what all others have left."""
    form: Form = ('noun', noun)
    for modifier in sorted(modifiers, key=lambda m: m.is_superlative):
        form = modifier.applied(form)
    return form


def find_claims(world: World, rng: np.random.Generator) -> list[Claim]:
    """Claims about things of the 18 classes that the scan shows. Every modifier of a claim is needed."""
    targets = [i for i, names in enumerate(world.names) if names.kind is not None and world.seen[i] >= LEAST_VISIBLE]
    nouns = sorted({word for i in targets for word in world.names[i].sure})
    modifiers = _modifiers(world)
    candidates = [pair for noun in nouns for pair in _candidates(world, noun, modifiers, rng)]
    claims = [_claim(world, noun, needed) for noun, needed in candidates]
    return [claim for claim in claims if claim is not None and claim.target in targets]


def _candidates(
    world: World, noun: str, modifiers: list[Modifier], rng: np.random.Generator
) -> Iterator[tuple[str, tuple[Modifier, ...]]]:
    """The noun with as few modifiers as might do."""
    if world.only(('noun', noun)) is not None:
        yield noun, ()
        return
    several = world.truth(('noun', noun)).sure.sum() > 1  # else there is nothing to compare
    helpful = [m for m in modifiers if (several if m.is_superlative else world.truth(claim_form(noun, (m,))).sure.any())]
    settling = {m for m in helpful if world.only(claim_form(noun, (m,))) is not None}
    yield from ((noun, (m,)) for m in helpful if m in settling)
    pairs = [pair for pair in combinations([m for m in helpful if m not in settling], 2) if _sayable(pair)]
    yield from ((noun, pairs[index]) for index in rng.permutation(len(pairs))[:PAIRS_TRIED])


def _claim(world: World, noun: str, modifiers: tuple[Modifier, ...]) -> Claim | None:
    form = claim_form(noun, modifiers)
    target = world.only(form)
    if target is None or any(target in m.anchors for m in modifiers):
        return None
    return Claim(target, noun, modifiers, _kind(world, target, modifiers), form)


def _kind(world: World, target: int, modifiers: tuple[Modifier, ...]) -> str:
    if modifiers:
        return '+'.join(sorted({m.kind for m in modifiers}))
    same_class = sum(names.kind == world.names[target].kind for names in world.names)
    return 'unique' if same_class == 1 else 'name'


def _sayable(pair: tuple[Modifier, ...]) -> bool:
    """No two colours, no two superlatives, nothing mentioned twice, and no distance among things in a relation."""
    kinds = [m.kind for m in pair]
    if kinds == ['color', 'color'] or all(m.is_superlative for m in pair) or pair[0].head == pair[1].head:
        return False
    if kinds == ['relation', 'relation'] and any(m.is_superlative for m in pair):
        return False
    return not set(pair[0].anchors) & set(pair[1].anchors)


def _modifiers(world: World) -> list[Modifier]:
    colors = sorted({o.color_name for o in world.objects if o.color_name})
    anchors = _anchors(world)
    found = [Modifier('color', color) for color in colors]
    found += [Modifier('size', head) for head in SUPERLATIVES]
    found += [Modifier('relation', head) for head in (*PLACES, ON_TOP)]
    for row, words, form in anchors:
        found += [Modifier('relation', head, (row,), (words,), (form,)) for head in (*BINARY, *DISTANCES)]
    for (a, a_words, a_form), (b, b_words, b_form) in combinations(anchors, 2):
        if a != b:
            found.append(Modifier('relation', 'between', (a, b), (a_words, b_words), (a_form, b_form)))
    return [m for m in found if m.is_superlative or world.truth(m.applied(('anything',))).sure.any()]


def _anchors(world: World) -> list[tuple[int, str, Form]]:
    """Things that can be named shortly without doubt, with that name: row, words, form."""
    found = []
    for i in np.flatnonzero(world.seen >= LEAST_VISIBLE):
        color = world.objects[i].color_name
        nouns = world.names[i].sure if world.names[i].kind else world.names[i].sure & LANDMARKS
        for noun in sorted(nouns):
            plain: Form = ('noun', noun)
            if world.only(plain) == i:
                found.append((int(i), noun, plain))
            elif color and world.only(('and', plain, ('color', color))) == i:
                found.append((int(i), f'{color} {noun}', ('and', plain, ('color', color))))
    return found
