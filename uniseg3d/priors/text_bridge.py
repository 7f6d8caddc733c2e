"""Regions with names and captions as sentences: how an expert that only has words enters a space of texts and pictures."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.text.vocabulary import shipped_vocabulary
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.optional import import_optional

WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
PLACE = 'in a scene'
COMMON_ADJECTIVES = (
    'beige big black blue bright brown cream dark glass golden gray green grey high large leather light long low metal narrow '
    'old orange pink plastic purple red round short silver small square tall tan white wide wooden yellow'
).split()
WordTest = Callable[[str], bool]
Tagger = Callable[[list[str]], list[tuple[str, str]]]  # words with their parts of speech
Sentence = Callable[[str, str], str]  # caption ('' = none) and class name to a sentence


@dataclass(frozen=True)
class AdjectiveSentence:
    """ "a <adjectives of the caption> <class> in a scene": the noun is always the expert's own class."""

    is_adjective: WordTest = frozenset(COMMON_ADJECTIVES).__contains__

    def __call__(self, caption: str, name: str) -> str:
        adjectives = ' and '.join(word for word in WORD.findall(caption) if self.is_adjective(word))
        return ' '.join(part for part in ('a', adjectives, name, PLACE) if part)


@dataclass(frozen=True)
class NounSwapSentence:
    """The whole caption with its first noun exchanged for the expert's class; without a noun the plain sentence."""

    is_noun: WordTest

    def __call__(self, caption: str, name: str) -> str:
        words = WORD.findall(caption)
        start = next((i for i, word in enumerate(words) if self.is_noun(word)), None)
        if start is None:
            return f'a {name} {PLACE}'
        stop = start + 1
        while stop < len(words) and self.is_noun(words[stop]):  # "office chair" goes as one
            stop += 1
        return ' '.join([*words[:start], name, *words[stop:]])


def known_nouns() -> WordTest:
    """Words that occur in the class names of this package."""
    nouns = {word for name in shipped_vocabulary() for word in name.split()}
    return (nouns - set(COMMON_ADJECTIVES)).__contains__


def tagged(kind: str, tag: Tagger | None = None) -> WordTest:
    """Words that a tagger, by default nltk's, takes for ``kind`` ('JJ' adjectives, 'NN' nouns)."""
    say = _nltk_tagger() if tag is None else tag
    return lambda word: say([word])[0][1].startswith(kind)


def _nltk_tagger() -> Tagger:
    nltk = import_optional('nltk', 'priors')
    try:
        nltk.pos_tag(['chair'])
    except LookupError as error:
        raise DataError(
            'nltk has no data of its tagger here; get it with: python -m nltk.downloader averaged_perceptron_tagger_eng, or '
            'take sentences that need none: adjective, noun-swap'
        ) from error
    return nltk.pos_tag


def sentence_builder(name: str) -> Sentence:
    """'adjective', as the published program, or 'noun-swap', as the paper describes, each also '-tagged', by nltk's tagger.

    Without a tagger adjectives are common ones of things in rooms, and nouns the words of class names.
    """
    builders: dict[str, Callable[[], Sentence]] = {
        'adjective': AdjectiveSentence,
        'noun-swap': lambda: NounSwapSentence(known_nouns()),
        'adjective-tagged': lambda: AdjectiveSentence(tagged('JJ')),
        'noun-swap-tagged': lambda: NounSwapSentence(tagged('NN')),
    }
    if name not in builders:
        raise DataError(f'sentences {name!r} are not known; choose one of {", ".join(builders)}')
    return builders[name]()


def describe_pixels(
    classes: Tensor, regions: Tensor, captions: Sequence[str], names: Sequence[str], build: Sentence
) -> tuple[list[str], Tensor]:
    """Distinct sentences, sorted, and which of them each pixel has [H, W] int64.

    Args:
        classes: [H, W] place of each pixel's class in ``names``.
        regions: [h, w] region of each pixel, at any size.
        captions: of region 0, 1, ...; where 0 means no region its caption is ''.
    """
    for what, values, count in (('class', classes, len(names)), ('region', regions, len(captions))):
        if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < count:
            raise DataError(f'the maps hold {what} {int(values.min())}..{int(values.max())}; expected 0..{count - 1}')
    cell = nearest_map(regions.long(), tuple(classes.shape)) * len(names) + classes.long()  # type: ignore[arg-type]
    pairs, place = torch.unique(cell, return_inverse=True)
    said = [build(captions[pair // len(names)], names[pair % len(names)]) for pair in pairs.tolist()]
    sentences = sorted(set(said))
    number = {sentence: i for i, sentence in enumerate(sentences)}
    return sentences, torch.tensor([number[sentence] for sentence in said])[place.cpu()].to(place.device)


def nearest_map(values: Tensor, size: tuple[int, int]) -> Tensor:
    """Ids [h, w] at another ``size`` (rows, columns), by the pixel at floor(i * old / new)."""
    rows, columns = (torch.arange(new, device=values.device) * old // new for new, old in zip(size, values.shape, strict=True))
    return values[rows[:, None], columns]
