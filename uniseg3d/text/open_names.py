"""Names of objects outside any fixed class list, told apart by what training has heard of them."""

import re
from collections.abc import Iterable

from uniseg3d.text.templates import spoken


def open_names(names: Iterable[str], sentences: Iterable[str]) -> dict[str, list[str]]:
    """Class list of the ``names`` that the words of the training ``sentences`` can say; sorted, each group for itself.

    'base': a sentence says the name as it is. 'novel': none does, but each of its words is in some sentence. 'names': both,
    in this order. What has a word that no sentence has is left out: nobody could know what it means.
    """
    spaced = {' '.join(words_of(sentence)) for sentence in sentences}
    said = '\n'.join(f' {sentence} ' for sentence in sorted(spaced))
    known = set(said.split())
    sayable = sorted(name for name in set(names) if words_of(name) and known.issuperset(words_of(name)))
    base = [name for name in sayable if f' {" ".join(words_of(name))} ' in said]
    novel = [name for name in sayable if name not in base]
    return {'names': base + novel, 'base': base, 'novel': novel}


def unheard(names: Iterable[str], words: Iterable[str]) -> list[str]:
    """Those of ``names`` that cannot be said in ``words``, by none of their synonyms."""
    known = set(words)
    return [name for name in names if not any(known.issuperset(words_of(synonym)) for synonym in spoken(name))]


def words_of(text: str) -> list[str]:
    """Words of letters and digits, in small letters."""
    return re.findall(r'[a-z0-9]+', text.lower())
