"""Terms of the final head: who teaches whom, and when."""

from dataclasses import replace

import pytest
import torch

from uniseg3d.models.criteria import final_terms
from uniseg3d.models.criteria.final_terms import FinalScene
from uniseg3d.models.criteria.mask_losses import probability_entropy
from uniseg3d.models.criteria.weights import LossForms
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


@pytest.fixture
def final(scene):
    """Instances 0, 1 and 3 of four are found, by the queries 7, 8 and 9; all are clicked."""
    outputs, queries, targets = scene()
    matrix = torch.zeros(len(queries), 9, dtype=torch.bool)
    matrix[[7, 8, 9], [0, 1, 3]] = True
    return FinalScene.of(outputs[-1], queries, matrix, targets)


def test_groups_are_told_apart(final):
    assert [len(part) for part in (final.scene, final.clicks, final.texts)] == [30, 4, 3]
    assert final.matched.nonzero().tolist() == [[7, 0], [8, 1], [9, 3]]


def test_clicks_teach_the_queries_of_their_own_instances(final):
    term = final_terms.mask_distillation_term(final, 1.0, LossForms())
    term.value.backward()
    order = [final.targets.click_instance.tolist().index(i) for i in (0, 1, 3)]
    logits, teacher = final.scene.masks[[7, 8, 9]], final.clicks.masks[order]
    best, places = teacher.argmax(0), torch.arange(teacher.shape[1])
    expected = probability_entropy(logits[best, places], teacher[best, places])
    assert term.present
    assert term.value.item() == pytest.approx(expected.item())


def test_the_published_form_waits_until_every_instance_is_found(final):
    forms = LossForms(distill_complete_only=True)
    term = final_terms.mask_distillation_term(final, 0.5, forms)
    assert (term.value.item(), term.present) == (0.0, False)
    final.matched[10, 2] = True
    assert final_terms.mask_distillation_term(final, 0.5, forms).present


def test_sentences_learn_classes_from_clicks(final):
    click = [final.targets.object_ids[final.targets.click_instance].tolist().index(i) for i in final.targets.text_object_ids]
    expected = probability_entropy(final.texts.classes, final.clicks.classes[click])
    assert final_terms.class_distillation_term(final, LossForms()).value.item() == pytest.approx(expected.item())


def test_open_text_names_what_scene_queries_and_clicks_show(final):
    term = final_terms.open_text_term(final)
    gradient = torch.autograd.grad(term.value, [final.scene.names, final.clicks.names])
    told = set((final.targets.text_object_ids - 10).tolist())
    assert set(gradient[0].any(1).nonzero()[:, 0].tolist()) == {7 + (0, 1, 3).index(i) for i in told & {0, 1, 3}}
    assert {final.targets.click_instance[k].item() for k in gradient[1].any(1).nonzero()[:, 0]} == told


def test_open_text_needs_a_head_that_names(scene):
    outputs, queries, targets = scene()
    silent = replace(outputs[-1], names=None)
    with pytest.raises(ConfigError, match='no name_head'):
        final_terms.open_text_term(FinalScene.of(silent, queries, torch.zeros(len(queries), 9, dtype=torch.bool), targets))


@pytest.mark.parametrize('term', [final_terms.semantic_term, lambda f: final_terms.class_distillation_term(f, LossForms())])
def test_logits_that_a_weight_asks_for_must_be_there(scene, term):
    outputs, queries, targets = scene()
    bare = MaskOutput(outputs[-1].masks, outputs[-1].embeddings)
    with pytest.raises(ConfigError, match='the decoder gives no'):
        term(FinalScene.of(bare, queries, torch.zeros(len(queries), 9, dtype=torch.bool), targets))
