"""How claims become English: frames and phrases, and which wording belongs to which split.

Both splits draw from the same frames and words, so val has no word to learn anew; but a wording belongs to one split
only, decided by its own checksum. No val sentence can therefore ever have been read in training, in whatever rooms.
"""

import re
import zlib
from dataclasses import dataclass

import numpy as np

VAL_SHARE = 4  # every fourth wording is kept for val

FRAMES = (
    'the {thing}.',
    'find the {thing}.',
    'this is the {thing}.',
    'look for the {thing}.',
    'i mean the {thing}.',
    'point at the {thing}.',
    'show me the {thing}.',
    'we want the {thing}.',
    'in this room, the {thing}.',
    'where is the {thing}?',
    'you can see the {thing}.',
    'the object is the {thing}.',
)
# These say the clause in a sentence of its own; not for superlatives, which need their article and their noun.
SPLIT_FRAMES = (
    'this is {a_thing}. it {clause}.',
    'there is {a_thing}. it {clause}.',
    'look for {a_thing} that {clause}.',
    'the {thing} that {clause}.',
    'find {a_thing}. it {clause}.',
    'we want {a_thing} and it {clause}.',
    'you can see {a_thing}. it {clause}.',
)
# No 'highest': that might be said of what hangs highest.
SUPERLATIVE_WORDS = {
    'largest': ('largest', 'biggest'),
    'smallest': ('smallest',),
    'tallest': ('tallest',),
    'lowest': ('lowest',),
    'widest': ('widest', 'longest'),
    'narrowest': ('narrowest',),
}
COMPARATIVE_WORDS = {
    'largest': ('larger', 'bigger'),
    'smallest': ('smaller',),
    'tallest': ('taller',),
    'lowest': ('lower',),
    'widest': ('wider', 'longer'),
    'narrowest': ('narrower',),
}
PHRASES = {
    'next to': ('next to {0}', 'beside {0}', 'right by {0}', 'standing next to {0}'),
    'on': ('on {0}', 'on top of {0}'),
    'in': ('in {0}', 'set in {0}'),  # what 'on' is called for a sink
    'carrying': ('with {0} on it', 'with {0} on top'),
    'holding': ('with {0} in it', 'with {0} set in it'),  # what 'carrying' is called for a sink
    'under': ('under {0}', 'below {0}'),
    'above': ('above {0}', 'over {0}'),
    'between': ('between {0} and {1}', 'in between {0} and {1}', 'between {1} and {0}'),
    'closest': ('closest to {0}', 'nearest to {0}'),
    'farthest': ('farthest from {0}', 'farthest away from {0}'),
    'against the wall': ('against the wall', 'right at the wall', 'along the wall'),
    'in the corner': ('in the corner', 'in the corner of the room', 'in a corner'),
    'with things on it': ('with things on it', 'with small things on top'),
}


@dataclass(frozen=True)
class Wording:
    """A claim in words: '{superlative} {color} {noun} {clauses}. it {remark}.' All but the noun may be empty."""

    noun: str
    color: str = ''
    superlative: str = ''
    clauses: tuple[str, ...] = ()
    remark: str = ''


def split_of(description: str) -> str:
    """The split that owns a wording; case and punctuation make no difference."""
    words = ' '.join(re.findall(r'[a-z0-9]+', description.lower()))
    return 'val' if zlib.crc32(words.encode()) % VAL_SHARE == 0 else 'train'


def tokens_of(description: str) -> list[str]:
    """Words and punctuation marks, as the ScanRefer files list them."""
    return re.findall(r'[a-z0-9]+|[.,?]', description.lower())


def with_article(words: str) -> str:
    """'a chair', 'an office chair'."""
    return f'an {words}' if words[0] in 'aeiou' else f'a {words}'


def phrase(rng: np.random.Generator, relation: str, anchors: tuple[str, ...]) -> str:
    """One way to say a relation to things that already have their words, e.g. 'beside the red desk'."""
    choices = PHRASES[relation]
    return choices[rng.integers(len(choices))].format(*(f'the {anchor}' for anchor in anchors))


def predicate(clauses: tuple[str, ...]) -> str:
    """The clauses as something that can be said of 'it': 'is next to the bed and has things on it'."""
    return ' and '.join(f'has {c.removeprefix("with ")}' if c.startswith('with ') else f'is {c}' for c in clauses)


def sentence(rng: np.random.Generator, wording: Wording) -> str:
    """One of the many ways to say a claim."""
    thing = ' '.join(word for word in (wording.superlative, wording.color, wording.noun) if word)
    if wording.clauses and not wording.superlative and rng.random() < 0.5:
        frame = SPLIT_FRAMES[rng.integers(len(SPLIT_FRAMES))]
        text = frame.format(thing=thing, a_thing=with_article(thing), clause=predicate(wording.clauses))
    else:
        frame = FRAMES[rng.integers(len(FRAMES))]
        text = frame.format(thing=' '.join((thing, ' and '.join(wording.clauses))).strip())
    return f'{text} it {wording.remark}.' if wording.remark else text
