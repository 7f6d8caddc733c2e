"""What a sentence claims, as a tree that can be checked against a room independently of how it was found.

A form is a nested tuple of a word and its arguments, written to the json as nested lists:
    ('noun', 'chair')                     things that may be called a chair
    ('anything',)                         every thing in the room
    ('color', 'red')                      things whose main colour is red
    ('next to', form), ('on', form), ('carrying', form), ('under', form), ('above', form), ('between', form, form)
    ('against the wall',), ('in the corner',), ('with things on it',)
    ('largest', form), ('smallest', form), ('tallest', form), ('lowest', form), ('widest', form), ('narrowest', form)
    ('closest', form, anchor), ('farthest', form, anchor)     of the things of the first form
    ('and', form, form, ...)
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from uniseg3d.rooms import relations
from uniseg3d.rooms.appearance import color_shares
from uniseg3d.rooms.relations import Facts, Truth
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.vocabulary import Names, names_of

Form = tuple[Any, ...]
BINARY: dict[str, Callable[[Facts], Truth]] = {
    'on': relations.on,
    'next to': relations.next_to,
    'carrying': relations.carrying,
    'under': relations.under,
    'above': relations.above,
}
PLACES: dict[str, Callable[[Facts], Truth]] = {
    'against the wall': relations.against_wall,
    'in the corner': relations.in_corner,
}
# By how much one thing must exceed all others: logarithms of volume, height and width.
SUPERLATIVES: dict[str, tuple[int, tuple[float, ...]]] = {
    'largest': (-1, (0.4, -0.05, -0.02)),
    'smallest': (1, (0.4, -0.05, -0.02)),
    'tallest': (-1, (-np.inf, 0.22, -np.inf)),
    'lowest': (1, (-np.inf, 0.22, -np.inf)),
    'widest': (-1, (-np.inf, -np.inf, 0.28)),
    'narrowest': (1, (-np.inf, -np.inf, 0.28)),
}
DISTANCES = {'closest': 1, 'farthest': -1}
FARTHER = np.array([0.4, 0.4])  # metres by which the next candidate must fall behind, between boxes and between centres
MAIN_SHARE, SOME_SHARE = 0.3, 0.2  # of a thing's surface: surely its colour, perhaps its colour


class World:
    """One room, ready to answer whether forms are true of its things. ``visible``: scan vertices of each object id."""

    def __init__(self, room: Room, visible: dict[int, int]) -> None:
        self.facts = relations.facts_of(room)
        self.objects = self.facts.objects
        self.names: list[Names] = [names_of(o) for o in self.objects]
        self.seen = np.array([visible.get(o.object_id, 0) for o in self.objects], dtype=int)
        self._shares = color_shares(room, [o.object_id for o in self.objects])
        size = np.log(np.maximum(self.facts.extent, 1e-3))
        self._sizes = np.stack([size.sum(1), size[:, 2], size[:, :2].max(1)])  # [3, O] volume, height, width
        self._distances = np.stack([relations.gaps(self.facts), relations.distances(self.facts)])  # [2, O, O]
        self._known: dict[Form, Truth] = {}
        self._tables: dict[str, Truth] = {}

    def truth(self, form: Form) -> Truth:
        """Of which things [O] is ``form`` true?"""
        if form not in self._known:
            self._known[form] = self._evaluate(form)
        return self._known[form]

    def only(self, form: Form) -> int | None:
        """Index of the one thing of which ``form`` is true beyond doubt, when it may be true of no other."""
        truth = self.truth(form)
        if truth.possible.sum() != 1 or not truth.sure.any():
            return None
        return int(truth.sure.argmax())

    def _evaluate(self, form: Form) -> Truth:
        head, *arguments = form
        if head in BINARY:
            return self._related(head, self.truth(arguments[0]))
        if head in PLACES:
            return self._table(head, PLACES[head])
        if head in SUPERLATIVES:
            return self._superlative(head, self.truth(arguments[0]))
        return getattr(self, f'_{head.replace(" ", "_")}')(*arguments)

    def _table(self, name: str, measure: Callable[[Facts], Truth]) -> Truth:
        if name not in self._tables:
            self._tables[name] = measure(self.facts)
        return self._tables[name]

    def _related(self, head: str, anchor: Truth) -> Truth:
        relation = self._table(head, BINARY[head])
        return Truth((relation.sure & anchor.sure).any(1), (relation.possible & anchor.possible).any(1))

    def _superlative(self, head: str, among: Truth) -> Truth:
        sign, margins = SUPERLATIVES[head]
        truth = relations.most(among, sign * self._sizes, np.array(margins))
        if head == 'lowest':  # of a thing on the wall it would mean where it hangs
            return Truth(truth.sure & self.facts.standing, truth.possible)
        return truth

    def _noun(self, word: str) -> Truth:
        sure = np.array([word in names.sure for names in self.names], dtype=bool)
        return Truth(sure, sure | np.array([word in names.possible for names in self.names], dtype=bool))

    def _anything(self) -> Truth:
        everything = np.ones(len(self.objects), dtype=bool)
        return Truth(everything, everything)

    def _color(self, word: str) -> Truth:
        named = np.array([o.color_name == word for o in self.objects], dtype=bool)
        share, doubtful_share = self._shares.of(word)
        return Truth(named & (share >= MAIN_SHARE), named | (doubtful_share >= SOME_SHARE))

    def _and(self, *forms: Form) -> Truth:
        truth = self.truth(forms[0])
        for form in forms[1:]:
            truth = truth & self.truth(form)
        return truth

    def _between(self, first: Form, second: Form) -> Truth:
        relation = self._table('between', relations.between)
        a, b = self.truth(first), self.truth(second)
        sure = relation.sure & a.sure[:, None] & b.sure[None]
        possible = relation.possible & a.possible[:, None] & b.possible[None]
        return Truth(np.asarray(sure.any((1, 2))), np.asarray(possible.any((1, 2))))

    def _by_distance(self, sign: int, among: Form, anchor: Form) -> Truth:
        """One anchor: the nearest or farthest. An anchor in doubt leaves the answer in doubt."""
        group = self.truth(among)
        index = self.only(anchor)
        if index is None:
            return Truth(np.zeros_like(group.sure), group.possible)
        others = np.arange(len(self.objects)) != index
        group = Truth(group.sure & others, group.possible & others)
        here = self.facts.same_room[:, index]  # behind a wall, the straight line misleads
        truth = relations.most(group, sign * self._distances[:, :, index], FARTHER)
        return Truth(truth.sure & here, truth.possible)

    def _closest(self, among: Form, anchor: Form) -> Truth:
        return self._by_distance(DISTANCES['closest'], among, anchor)

    def _farthest(self, among: Form, anchor: Form) -> Truth:
        return self._by_distance(DISTANCES['farthest'], among, anchor)

    def _with_things_on_it(self) -> Truth:
        seen, loose = self.seen >= 10, np.array([names.kind is None for names in self.names], dtype=bool)
        return self._related('carrying', Truth(seen & loose, np.ones_like(seen)))


def without_noun(form: Form) -> Form:
    """The same claim about an unnamed object; what is said of other things stays."""
    head, *arguments = form
    if head == 'noun':
        return ('anything',)
    if head == 'and':
        return ('and', *(without_noun(part) for part in arguments))
    if head in SUPERLATIVES or head in DISTANCES:
        return (head, without_noun(arguments[0]), *arguments[1:])
    return form


def as_form(value: list[Any]) -> Form:
    """A form read back from json."""
    return tuple(as_form(part) if isinstance(part, list) else part for part in value)
