"""Names that a scene may hold although nobody asked for them: answers without a question, and what keeps questions honest."""

from collections.abc import Sequence

from uniseg3d.text.class_lists import class_list
from uniseg3d.text.templates import spoken

SHIPPED = ('scannet200', 'coco133', 'ade20k150')
NOT_OBJECTS = frozenset({'other', 'others', 'object', 'other furniture', 'otherprop', 'otherstructure'})


def shipped_vocabulary(lists: Sequence[str] = SHIPPED) -> list[str]:
    """Every name of several class lists once, with its synonyms, in the order of the lists."""
    found: dict[str, str] = {}
    for name in (name for listed in lists for name in class_list(listed).names):
        words = [word for word in dict.fromkeys(spoken(name)) if word not in NOT_OBJECTS]
        if words and not any(word in found for word in words):
            found |= dict.fromkeys(words, ', '.join(words))
    return list(dict.fromkeys(found.values()))


def with_kinds(asked: Sequence[str], vocabulary: Sequence[str]) -> list[str]:
    """The ``asked`` names, each with those of the vocabulary that are kinds of it as synonyms: 'table, round table'.

    In English a kind ends in the word for all of them. A name that ends in several of those asked for is a kind of the
    longest: who asks for curtains and shower curtains wants the two apart.
    """
    words = [spoken(name) for name in asked]
    kinds: list[list[str]] = [list(own) for own in words]
    for other in dict.fromkeys(word for name in vocabulary for word in spoken(name)):
        whole, place = _meant(other, words)
        if place is not None and whole != other:
            kinds[place].append(other)
    return [', '.join(names) for names in kinds]


def others(asked: Sequence[str], vocabulary: Sequence[str]) -> list[str]:
    """What of the vocabulary none of the ``asked`` names means: an object may be one of these instead."""
    words = [spoken(name) for name in asked]
    return [name for name in vocabulary if spoken(name) and all(_meant(word, words)[1] is None for word in spoken(name))]


def meant_place(name: str, asked: Sequence[str]) -> int | None:
    """Place of the one of the ``asked`` names that something called ``name`` answers to; None = of none."""
    places = [_meant(word, [spoken(other) for other in asked])[1] for word in spoken(name)]
    return next((place for place in places if place is not None), None)


def _meant(name: str, asked: Sequence[Sequence[str]]) -> tuple[str, int | None]:
    """The longest of the ``asked`` words that ``name`` is, or ends in, and its place in the list; None if there is none."""
    fitting = [
        (word, place) for place, words in enumerate(asked) for word in words if f' {name.lower()}'.endswith(f' {word.lower()}')
    ]
    return max(fitting, key=lambda match: len(match[0]), default=('', None))
