"""Wordings are English, and each belongs to one split."""

import re

import numpy as np
import pytest

from uniseg3d.rooms.templates import Wording, phrase, predicate, sentence, split_of, tokens_of, with_article


def many(wording: Wording, count: int = 300) -> set[str]:
    rng = np.random.default_rng(0)
    return {sentence(rng, wording) for _ in range(count)}


def test_a_bare_noun_has_many_wordings_in_both_splits() -> None:
    texts = many(Wording('desk'))
    assert len(texts) >= 10
    assert {split_of(text) for text in texts} == {'train', 'val'}
    assert 'where is the desk?' in texts


def test_parts_stand_in_their_order() -> None:
    wording = Wording('chair', 'red', 'largest', ('next to the bed',), 'is old')
    for text in many(wording):
        assert 'the largest red chair next to the bed' in text
        assert text.endswith(' it is old.')


def test_clauses_are_said_of_the_noun_or_in_a_sentence_of_their_own() -> None:
    texts = many(Wording('office chair', clauses=('beside the desk', 'with things on it')))
    assert 'this is the office chair beside the desk and with things on it.' in texts
    assert 'there is an office chair. it is beside the desk and has things on it.' in texts


@pytest.mark.parametrize('wording', [Wording('armchair', 'orange'), Wording('sofa', 'red', clauses=('in a corner',))])
def test_articles_and_spaces_are_right(wording: Wording) -> None:
    for text in many(wording):
        assert not re.search(r'\ba [aeiou]|\ban [^aeiou]|  | \.|\.\.', text), text


def test_phrases_name_their_anchors() -> None:
    rng = np.random.default_rng(0)
    assert {phrase(rng, 'under', ('desk',)) for _ in range(50)} == {'under the desk', 'below the desk'}
    texts = {phrase(rng, 'between', ('desk', 'bed')) for _ in range(50)}
    assert texts == {'between the desk and the bed', 'in between the desk and the bed', 'between the bed and the desk'}
    assert predicate(('with the sink in it',)) == 'has the sink in it'
    assert with_article('old box') == 'an old box'


def test_case_and_punctuation_do_not_move_a_wording_to_another_split() -> None:
    for text in sorted(many(Wording('desk', 'blue', clauses=('next to the bed',)))):
        assert split_of(text) == split_of(text.upper().replace('.', ' !'))


def test_about_a_quarter_of_the_wordings_is_kept_for_val() -> None:
    shares = [split_of(f'the {a} {b}.') == 'val' for a in range(40) for b in range(40)]
    assert 0.2 < np.mean(shares) < 0.3


def test_tokens_are_words_and_marks() -> None:
    assert tokens_of('Where is it? In this room, the desk.') == 'where is it ? in this room , the desk .'.split()
