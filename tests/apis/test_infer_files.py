"""Files in, files out: what is written about a scan, and what happens to files that fail."""

import json

import numpy as np
import pytest
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.infer_files import infer_files, names_given
from uniseg3d.apis.result_files import Request
from uniseg3d.apis.user_prompts import Click
from uniseg3d.io.arrays import read_npz_arrays
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply
from uniseg3d.io.predictions import read_prediction
from uniseg3d.utils.errors import ConfigError


@pytest.fixture(scope='module')
def ask(tmp_path_factory):
    return inferencer(tmp_path_factory.mktemp('weights'))


def request(raw, **changes):
    clicks = [[Click(tuple(map(float, raw.xyz[20]))), Click(tuple(map(float, raw.xyz[21])), False)]]
    return Request(clicks, ['the red box', 'a lamp'], ['crate'], **{'min_score': 0.0, 'pictures': False, **changes})


def test_everything_is_written_in_the_coordinates_of_the_file(ask, tmp_path):
    raw = boxes(count=2000)
    raw.xyz[5] = np.nan
    write_ply(tmp_path / 'scan.ply', PlyMesh(raw.xyz, raw.colors))
    (result,) = infer_files(ask, [tmp_path / 'scan.ply'], tmp_path / 'out', request(raw, pictures=True))
    assert result.error is None and result.counts['points'] == 1999 and result.counts['clicks'] == 1
    names = {path.name for path in result.written}
    tasks = {'semantic', 'panoptic', 'instances', 'named', 'clicks', 'texts'}
    assert names == {f'{task}.ply' for task in tasks} | {
        'labels.npz', 'prediction.npz', 'summary.json', 'scan.png', 'scan_clicks.png', 'scan_texts.png'
    }  # fmt: skip
    labels = read_npz_arrays(tmp_path / 'out/scan/labels.npz')
    assert set(labels) == tasks and all(values.shape == (2000,) and values[5] == -1 for values in labels.values())
    kept = np.arange(2000) != 5
    for task in tasks:
        cloud = read_ply(tmp_path / f'out/scan/{task}.ply')
        np.testing.assert_allclose(cloud.vertices, raw.xyz[kept], atol=1e-5)
        np.testing.assert_array_equal(cloud.extra['label'], labels[task][kept])
    prediction = read_prediction(tmp_path / 'out/scan/prediction.npz')
    np.testing.assert_array_equal(prediction.per_point(prediction.semantic), labels['semantic'][kept])
    summary = json.loads((tmp_path / 'out/scan/summary.json').read_text())
    assert summary['points_without_result'] == 1 and sum(summary['semantic'].values()) == pytest.approx(1, abs=1e-3)
    assert [answer['asked'] for answer in summary['texts']] == ['the red box', 'a lamp']
    assert summary['clicks'][0]['asked'][1]['positive'] is False
    assert len(summary['instances']) == labels['instances'].max() + 1 or summary['instances']


def test_files_that_fail_do_not_stop_the_others(ask, tmp_path):
    raw = boxes(count=600)
    write_ply(tmp_path / 'good.ply', PlyMesh(raw.xyz, raw.colors))
    (tmp_path / 'zero.ply').touch()
    (tmp_path / 'lies.ply').write_bytes((tmp_path / 'good.ply').read_bytes()[:-500])
    files = [tmp_path / name for name in ('zero.ply', 'good.ply', 'lies.ply')]
    results = infer_files(ask, files, tmp_path / 'out', Request(clouds=False, pictures=False))
    assert [result.error is None for result in results] == [False, True, False]
    assert 'zero.ply is empty' in results[0].error and 'cut off' in results[2].error
    assert not (tmp_path / 'out/zero').exists() and {p.suffix for p in results[1].written} == {'.npz', '.json'}


def test_a_click_beside_the_cloud_costs_only_its_own_answer(ask, tmp_path):
    raw = boxes(count=600)
    write_ply(tmp_path / 'a.ply', PlyMesh(raw.xyz, raw.colors))
    good = [Click(tuple(map(float, raw.xyz[20])))]
    wrong = [good[0], Click((50, 50, 50), False)]
    asked = Request([wrong, good], clouds=False, pictures=False)
    (result,) = infer_files(ask, [tmp_path / 'a.ply'], tmp_path / 'out', asked)
    assert result.error is None and result.counts['clicks'] == 1
    assert len(result.left_out) == 1 and 'click 0 at (50, 50, 50) lies' in result.left_out[0]
    summary = json.loads((tmp_path / 'out/a/summary.json').read_text())
    assert [len(answer['asked']) for answer in summary['clicks']] == [1]


def test_names_that_the_model_cannot_know_are_refused_before_any_file_is_read(ask, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(ask.model.decoder._modules, 'name_head', None)
    with pytest.raises(ConfigError, match='no head for names and knows nothing called zeppelin'):
        infer_files(ask, [tmp_path / 'missing.ply'], tmp_path / 'out', Request(names=['zeppelin']))
    (result,) = infer_files(ask, [tmp_path / 'missing.ply'], tmp_path / 'out', Request(names=['chair', 'zeppelin']))
    assert 'missing.ply' in result.error and 'note: this model' in capsys.readouterr().out


def test_files_of_one_stem_get_folders_of_their_own(ask, tmp_path):
    raw = boxes(count=600)
    write_ply(tmp_path / 'a.ply', PlyMesh(raw.xyz, raw.colors))
    np.save(tmp_path / 'a.npy', raw.xyz)
    results = infer_files(
        ask, [tmp_path / 'a.ply', tmp_path / 'a.npy'], tmp_path / 'out', Request(clouds=False, pictures=False)
    )
    assert [result.folder.name for result in results] == ['a.ply', 'a.npy']
    assert 'no colours' in results[1].notes[-1] and not results[0].notes


def test_class_names_in_every_form(tmp_path):
    (tmp_path / 'a.txt').write_text('chair\n\n office chair \nchair\n')
    (tmp_path / 'a.json').write_text('{"names": ["lamp", "piano"]}')
    assert names_given('chair, lamp ,') == ['chair', 'lamp']
    assert names_given(str(tmp_path / 'a.txt')) == ['chair', 'office chair']
    assert names_given(str(tmp_path / 'a.json')) == ['lamp', 'piano']
    assert len(names_given('scannet200')) == 200
    for wrong in (',', str(tmp_path / 'missing.txt')):
        with pytest.raises(ConfigError):
            names_given(wrong)
