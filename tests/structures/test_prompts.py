import pytest
import torch

from uniseg3d.structures import Clicks, Prompts, Texts
from uniseg3d.utils.errors import DataError


def clicks(prompt, positive=None):
    count = len(prompt)
    positive = [True] * count if positive is None else positive
    return Clicks(torch.arange(count), torch.arange(count), torch.tensor(prompt), torch.tensor(positive))


def test_single_clicks_are_positive_and_numbered():
    made = Clicks.single(torch.tensor([5, 9]), torch.tensor([1, 0]))
    assert len(made) == 2 and made.prompt.tolist() == [0, 1] and made.positive.all()


def test_a_prompt_may_have_several_signed_clicks():
    assert len(clicks([0, 0, 1, 2, 2], [True, False, True, True, False])) == 3


@pytest.mark.parametrize('prompt', [[1, 2], [0, 2], [0, 1, 0]])
def test_prompts_are_numbered_without_gaps(prompt):
    with pytest.raises(DataError, match='without gaps'):
        clicks(prompt)


def test_no_prompts_are_normal():
    assert len(Prompts().clicks) == 0 and len(Prompts().texts) == 0 and Prompts().texts.tokens.shape == (0, 77)
    assert len(Clicks.single(torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long))) == 0


def test_every_sentence_has_a_token_row():
    with pytest.raises(DataError, match=r'Texts\.tokens: expected shape \(2, any\), got \(1, 77\)'):
        Texts(['a', 'b'], torch.zeros(1, 77, dtype=torch.long))


def test_a_sentence_is_no_list_of_sentences():
    with pytest.raises(DataError, match=r'Texts\.sentences must be of type list, got str'):
        Texts('ab', torch.zeros(2, 77, dtype=torch.long))
    with pytest.raises(DataError, match=r'Texts\.sentences must hold str only, got int'):
        Texts(['a', 2], torch.zeros(2, 77, dtype=torch.long))


def test_signs_are_no_numbers():
    with pytest.raises(DataError, match=r'Clicks\.positive: expected bool'):
        clicks([0, 1], [1, -1])
