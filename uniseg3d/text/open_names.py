"""Names of objects outside any fixed class list, told apart by what training has heard of them."""

import re
from collections.abc import Iterable


def open_names(names: Iterable[str], sentences: Iterable[str]) -> dict[str, list[str]]:
    """Class list of the ``names`` that the words of the training ``sentences`` can say; sorted, each group for itself.

    'base': a sentence says the name as it is. 'novel': none does, but each of its words is in some sentence. 'names': both,
    in this order. What has a word that no sentence has is left out: nobody could know what it means.
    """
    spaced = {' '.join(_words(sentence)) for sentence in sentences}
    said = '\n'.join(f' {sentence} ' for sentence in sorted(spaced))
    known = set(said.split())
    sayable = sorted(name for name in set(names) if _words(name) and known.issuperset(_words(name)))
    base = [name for name in sayable if f' {" ".join(_words(name))} ' in said]
    novel = [name for name in sayable if name not in base]
    return {'names': base + novel, 'base': base, 'novel': novel}


def _words(text: str) -> list[str]:
    return re.findall(r'[a-z0-9]+', text.lower())
