"""Which clicks, sentences and matched queries mean the same object."""

import torch

from uniseg3d.models.criteria.links import clicks_of_texts, queries_of_clicks, queries_of_texts


def linked(scene, clicked, told):
    """Four instances with the object ids 10..13, clicks on ``clicked`` instances, sentences about ``told`` object ids."""
    targets = scene(instances=4, clicks=4, texts=len(told))[2]
    targets.click_instance, targets.text_object_ids = torch.tensor(clicked, dtype=torch.long), torch.tensor(told)
    return targets


def test_a_sentence_takes_the_first_click_on_its_object(scene):
    text, click = clicks_of_texts(linked(scene, [2, 0, 2], [12, 11, 10, 12, 99]))
    assert list(zip(text.tolist(), click.tolist(), strict=True)) == [(0, 0), (2, 1), (3, 0)]


def test_no_clicks_and_no_sentences(scene):
    assert [len(part) for part in clicks_of_texts(linked(scene, [], [10, 11]))] == [0, 0]
    assert [len(part) for part in clicks_of_texts(scene(texts=0)[2])] == [0, 0]


def test_queries_of_clicks_and_sentences(scene):
    targets = linked(scene, [3, 1, 0], [11, 13, 99, 13])
    matched = torch.zeros(6, 4, dtype=torch.bool)
    matched[5, 3] = matched[2, 1] = matched[4, 2] = True  # nobody answers for instance 0
    query, click = queries_of_clicks(matched, targets)
    assert list(zip(query.tolist(), click.tolist(), strict=True)) == [(5, 0), (2, 1)]
    query, text = queries_of_texts(matched, targets)
    assert list(zip(query.tolist(), text.tolist(), strict=True)) == [(2, 0), (5, 1), (5, 3)]


def test_no_queries(scene):
    nobody = torch.zeros(0, 4, dtype=torch.bool)
    targets = linked(scene, [3], [11])
    assert [len(part) for links in (queries_of_clicks, queries_of_texts) for part in links(nobody, targets)] == [0] * 4
