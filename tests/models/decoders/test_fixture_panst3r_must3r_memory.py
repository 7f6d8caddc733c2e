"""MUSt3R's decoder with memory against the original's numbers."""

import pytest
import torch
from must3r_models import archived_parts, in_steps, rendered, shown
from panst3r_archives import archive, assert_equals, tensor

pytestmark = pytest.mark.full_set
MEMORIES = ('iii_must3r_memory', 'iii_must3r_memory_small')
NO_FEEDBACK, MIXED, CAUSAL = 'iii_must3r_no_feedback', 'iii_must3r_mixed_shapes', 'iii_must3r_causal_and_landscape'
FORMS = {'normalized': '', 'keys_values': 'kv.', 'raw': 'raw.'}


def images_of(name):
    return list(tensor(name, 'in.images').unbind(1))


def steps_of(name):
    return archive(name)['cfg.memory_batches'].tolist()


def check_memory(memory, name, key):
    stored = [entry for entry in archive(name) if entry.startswith(f'out.{key}.values.')]
    assert stored
    for entry in stored:
        assert_equals(memory.layers[int(entry.split('.')[-1])], name, entry.removeprefix('out.'))
    if f'out.{key}.labels' in archive(name):
        expected = tensor(name, f'out.{key}.labels')
        assert torch.equal(memory.token_labels().expand_as(expected), expected)
        protected = int((memory.token_labels() < memory.protected).sum())
        assert [memory.seen, memory.protected, protected] == archive(name)[f'out.{key}.counts'].tolist()


@pytest.mark.parametrize('name', MEMORIES)
@torch.no_grad()
def test_the_encoder(name):
    tokens, positions = archived_parts(name)['encoder'](tensor(name, 'in.images').flatten(0, 1))
    assert_equals(tokens, name, 'enc.features')
    assert torch.equal(positions.expand(len(tokens), -1, -1), tensor(name, 'out.enc.positions'))


@pytest.mark.parametrize('name', MEMORIES)
@torch.no_grad()
def test_every_step_of_the_memory(name):
    model = archived_parts(name, form='normalized')
    for step, (answers, layers, memory) in enumerate(in_steps(model, images_of(name), steps_of(name))):
        assert_equals(torch.stack(answers, 1), name, f'step{step}.pointmaps_raw')
        for depth in range(1, len(layers[0])):
            assert_equals(torch.stack([own[depth] for own in layers], 1), name, f'step{step}.feats.{depth}')
        check_memory(memory, name, f'step{step}.memory')


@pytest.mark.parametrize('name', MEMORIES)
@torch.no_grad()
def test_rendering(name):
    model = archived_parts(name, form='normalized')
    memory = in_steps(model, images_of(name), steps_of(name))[-1][2]
    answers, layers = rendered(model, images_of(name), memory)
    assert_equals(torch.stack(answers, 1), name, 'render.pointmaps_raw')
    for depth in range(1, len(layers[0])):
        assert_equals(torch.stack([own[depth] for own in layers], 1), name, f'render.feats.{depth}')
    active = [model['head'].activate(answer) for answer in answers]
    for field, key in {'world': 'pts3d', 'local': 'pts3d_local', 'confidence': 'conf'}.items():
        assert_equals(torch.stack([getattr(answer, field) for answer in active], 1), name, f'render.{key}')


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('name', MEMORIES)
@torch.no_grad()
def test_every_form_of_the_memory(name, form):
    model = archived_parts(name, form=form)
    answers, _, memory = in_steps(model, images_of(name), steps_of(name))[-1]
    if FORMS[form]:
        assert_equals(torch.stack(answers, 1), name, f'{FORMS[form]}last_pointmaps_raw')
        check_memory(memory, name, f'{FORMS[form]}memory')
    key = f'{FORMS[form]}render_pointmaps_raw' if FORMS[form] else 'render.pointmaps_raw'
    for looked_at in (memory, model['decoder'].quickest(memory)):
        assert_equals(torch.stack(rendered(model, images_of(name), looked_at)[0], 1), name, key)


@pytest.mark.parametrize('name', MEMORIES)
@torch.no_grad()
def test_a_memory_of_one_image(name):
    answers, _, memory = shown(archived_parts(name, form='normalized'), images_of(name)[:1])
    assert_equals(answers[0][:, None], name, 'single_image_init.pointmaps_raw')
    check_memory(memory, name, 'single_image_init.memory')


@torch.no_grad()
def test_without_feedback():
    images = images_of(NO_FEEDBACK)
    answers, _, memory = in_steps(archived_parts(NO_FEEDBACK, form='normalized'), images, [2, len(images) - 2])[-1]
    assert_equals(torch.stack(answers, 1), NO_FEEDBACK, 'third_view.pointmaps_raw')
    check_memory(memory, NO_FEEDBACK, 'memory')


@torch.no_grad()
def test_blocks_of_the_training_class():
    model, images = archived_parts(CAUSAL, form='normalized'), images_of(CAUSAL)
    first = archive(CAUSAL)['out.block0.pointmaps_raw'].shape[1]
    found = in_steps(model, images, [first, len(images) - first], causal=True)
    for block, (answers, _, memory) in enumerate(found):
        assert_equals(torch.stack(answers, 1), CAUSAL, f'block{block}.pointmaps_raw')
        check_memory(memory, CAUSAL, f'block{block}.memory')


@torch.no_grad()
def test_portraits_that_lie():
    model = archived_parts(CAUSAL)
    features, positions = tensor(CAUSAL, 'in.landscape.features'), tensor(CAUSAL, 'in.landscape.positions')
    layers, _ = model['decoder'](features.unbind(1), positions.unbind(1))
    sizes = [tuple(size) for size in tensor(CAUSAL, 'in.landscape.true_shape')[0].tolist()]
    upright = [model['head'].raw(own, size) for own, size in zip(layers, sizes, strict=True)]
    assert [answer.shape[1:3] for answer in upright] == sizes
    model['head'].landscape_only = True
    lying = [model['head'].raw(own, size) for own, size in zip(layers, sizes, strict=True)]
    assert_equals(torch.stack(lying, 1), CAUSAL, 'landscape.pointmaps_raw')


@torch.no_grad()
def test_images_of_different_shapes_in_one_call():
    model, images = archived_parts(MIXED, form='normalized'), [tensor(MIXED, f'in.image{i}')[None] for i in range(3)]
    steps = in_steps(model, images, [2, 1])
    memory = steps[-1][2]
    check_memory(memory, MIXED, 'list.memory')
    first = [*steps[0][0], *steps[1][0]]
    for view, (answer, again) in enumerate(zip(first, rendered(model, images, memory)[0], strict=True)):
        assert_equals(answer[0], MIXED, f'list.view{view}_raw')
        assert_equals(again[0], MIXED, f'list.render{view}_raw')
