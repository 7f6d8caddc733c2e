"""What users do in the viewer, without a browser."""

import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from shared_scenes import shared_scene

from uniseg3d.apis.user_prompts import Click
from uniseg3d.demo.session import LONGEST_TEXT, MOST_WAITING, Session
from uniseg3d.utils.errors import BusyError, DataError


@pytest.fixture(scope='module')
def scene(tmp_path_factory):
    return shared_scene(tmp_path_factory.mktemp('weights'))


@pytest.fixture
def session(scene):
    return Session(scene, min_score=0.0)


def same(mask, clicks, scene):
    """Whether ``mask`` is what the model says when it is asked directly."""
    found = scene.opened.ask([clicks], (), None).clicks
    return torch.equal(mask, found.masks[0])


def test_a_click_is_answered_as_the_model_answers_it_and_further_clicks_join_it(session, scene):
    first = session.click(10)
    assert same(first.mask, [scene.click_on(10)], scene)
    second = session.click(700, positive=False)
    assert [click.positive for click in second.clicks] == [True, False]
    assert same(second.mask, list(second.clicks), scene)
    assert session.objects == [second]


def test_undo_goes_back_click_by_click_and_then_opens_the_last_kept_object(session):
    first = session.click(10)
    session.click(700)
    session.undo()
    assert session.current.clicks == first.clicks and torch.equal(session.current.mask, first.mask)
    session.keep('chair')
    session.undo()
    assert session.current.text == 'chair' and not session.kept
    session.undo()
    session.undo()  # nothing is left; that is no mistake
    assert session.current is None and session.objects == []


def test_a_first_click_that_says_what_does_not_belong_is_refused(session):
    with pytest.raises(DataError, match='must lie on it'):
        session.click(3, positive=False)
    with pytest.raises(DataError, match='no object is open'):
        session.keep('chair')


def test_sentences_and_names_are_answered_and_cleared(session, scene):
    found = session.say('the  red\nbox')
    assert found.text == 'the red box'
    assert torch.equal(found.mask, scene.opened.answer_texts(['the red box']).masks[0])
    named = session.ask_names('crate, piano,crate,')
    assert session.names == ['crate', 'piano'] and set(named.labels.tolist()) <= {0, 1}
    assert {'rgb', 'semantic', 'instances', 'panoptic', 'confidence', 'named', 'texts'} <= set(session.layers())
    session.map_text('the red box')
    assert session.layers()['heat']().legend[0].title == 'fits “the red box” best'
    session.clear()
    assert 'heat' not in session.layers() and session.prediction().texts is None and session.prediction().named is None
    assert session.ask_names(' ') is None
    session.ask_names(' scannet20 ')
    assert len(session.names) == 20 and session.names[4] == 'chair', 'a list of classes goes by its name'


@pytest.mark.parametrize('text', ['', ' \n', 'x' * (LONGEST_TEXT + 1)])
def test_sentences_have_a_length(session, text):
    with pytest.raises(DataError, match='characters'):
        session.say(text)
    assert not session.sentences


def test_layers_have_a_colour_and_a_number_per_shown_point_and_a_legend(session, scene):
    session.click(10)
    session.keep('box')
    session.click(400)
    layers = {name: make() for name, make in session.layers().items()}
    for name, layer in layers.items():
        assert layer.colors.shape == (len(scene.xyz), 3) and layer.colors.dtype == np.uint8, name
    shown = layers['clicks']
    assert set(np.unique(shown.values)) <= {-1, 0, 1}
    mask = session.current.mask[scene.parts.ids].numpy()
    assert (shown.values[mask] == 1).all()  # what was asked last lies on top
    if mask.any():
        assert any(entry.title.startswith('this object') for entry in shown.legend)
    assert np.array_equal(layers['rgb'].colors, scene.colors)


def test_the_threshold_is_for_one_session_only(scene):
    strict, mild = Session(scene, min_score=1.1), Session(scene, min_score=0.0)
    assert (strict.layers()['instances']().values == -1).all()
    assert (mild.layers()['instances']().values >= 0).any()


def test_export_writes_all_points_and_the_labels_of_objects(session, scene, tmp_path):
    session.click(10)
    session.keep('red box')
    session.say('the tall box')
    with zipfile.ZipFile(io.BytesIO(session.archive(tmp_path / 'out'))) as archive:
        files = {name.rpartition('/')[2]: archive.read(name) for name in archive.namelist()}
    assert {'labels.npz', 'semantic.ply', 'clicks.ply', 'texts.ply', 'summary.json', 'objects.json'} <= set(files)
    assert json.loads(files['objects.json'])[0]['label'] == 'red box'
    with np.load(io.BytesIO(files['labels.npz'])) as labels:
        assert len(labels['clicks']) == scene.opened.cloud.file_points


def test_what_fails_changes_nothing(session, monkeypatch):
    session.click(10)
    before = session.current

    def fails(clicks):
        raise MemoryError

    monkeypatch.setattr(session.scene.opened, 'answer_clicks', fails)
    with pytest.raises(DataError, match='memory'):
        session.click(20)
    assert session.current is before


def test_twenty_users_at_once_get_their_own_answers(scene):
    """As if each were alone: the answers of one thread are those of twenty."""
    rows = np.linspace(0, len(scene.xyz) - 1, 20).astype(int)

    def use(row):
        mine = Session(scene)
        mine.click(int(row))
        mine.say(f'the box number {row}')
        mine.ask_names('crate' if row % 2 else 'piano,lamp')
        mine.keep(f'object {row}')
        return mine

    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(use, rows))
    for row, mine in zip(rows, together, strict=True):
        alone = use(row)
        assert [one.text for one in mine.kept] == [f'object {row}']
        for ours, theirs in zip(mine.objects + mine.sentences, alone.objects + alone.sentences, strict=True):
            assert torch.equal(ours.mask, theirs.mask) and ours.clicks == theirs.clicks
        assert torch.equal(mine.named.masks, alone.named.masks)


def test_who_clicks_too_fast_is_told_so_and_nobody_else_waits(scene):
    hasty, started, go = Session(scene), threading.Event(), threading.Event()

    def block():
        started.set()
        go.wait(30)

    with ThreadPoolExecutor(12) as pool:
        blocker = pool.submit(scene.queue.run, block)
        started.wait(30)
        clicks = [pool.submit(hasty.click, 5) for _ in range(10)]
        refused = 0
        while refused < 10 - MOST_WAITING:
            refused = sum(click.done() and isinstance(click.exception(), BusyError) for click in clicks)
        go.set()
        blocker.result()
        assert sum(click.exception() is None for click in clicks) == MOST_WAITING
    assert len(hasty.current.clicks) == MOST_WAITING


def test_a_click_lies_where_the_point_is_in_the_file(scene):
    click = scene.click_on(5)
    assert isinstance(click, Click)
    (row,) = scene.opened.points_at(np.array([click.position]), 0.001)
    assert np.allclose(scene.opened.copy.xyz[row], scene.xyz[5], atol=1e-3)


def test_a_click_goes_through_what_is_not_shown(scene):
    above = scene.xyz[scene.xyz[:, 2].argmax()] + [0, 0, 1]
    down = np.array([0.0, 0, -1])
    top = scene.xyz[scene.pick(above, down), 2]
    found = scene.pick(above, down, top=top - 0.1)
    assert found is None or scene.xyz[found, 2] <= top - 0.1
    assert scene.pick(above, down, top=-9.0) is None
