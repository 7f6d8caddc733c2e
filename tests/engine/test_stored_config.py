"""A folder of predictions from somebody else is scored without running anything that its config names."""

import json

import pytest
import toy_system  # noqa: F401  registers the data set that the stored config names

from uniseg3d.engine.rescore import rescore
from uniseg3d.engine.stored_config import stored_config
from uniseg3d.utils.errors import ConfigError

HONEST = {
    'test_dataloader': {'dataset': {'type': 'ToyScenes', 'count': 2}, 'collate_fn': {'type': 'uniseg3d.collate_scenes'}},
    'test_evaluator': {'type': 'SemanticMetric', 'classes': 'scannet20'},
}


def gift(tmp_path, changes: dict, **loader) -> None:
    content = HONEST | {'test_dataloader': HONEST['test_dataloader'] | loader} | changes
    (tmp_path / 'config.json').write_text(json.dumps(content))


def test_what_scoring_needs_is_kept(tmp_path):
    (tmp_path / 'program.py').write_text(f'open({str(tmp_path / "made-by-attack")!r}, "w").close()')
    writer = {'type': 'BenchmarkWriter', 'folder': str(tmp_path / 'elsewhere')}
    imports = {'imports': ['program'], 'allow_failed_imports': False}
    gift(
        tmp_path,
        {
            'custom_imports': imports,
            '_base_': './program.py',
            'model': {'type': 'os.mkdir'},
            'test_evaluator': [HONEST['test_evaluator'], writer],
        },
    )
    config = stored_config(tmp_path / 'config.json')
    assert set(config) == {'test_dataloader', 'test_evaluator'}
    assert [metric.type for metric in config.test_evaluator] == ['SemanticMetric']
    assert not (tmp_path / 'made-by-attack').exists()


@pytest.mark.parametrize('place', ['dataset', 'collate_fn', 'pipeline', 'metric'])
@pytest.mark.parametrize('name', ['os.mkdir', 'mmengine.DumpResults', 'DumpResults', 'uniseg3d.os.mkdir', ['x'], None])
def test_names_from_outside_are_refused_and_not_run(tmp_path, place, name):
    victim = tmp_path / 'made-by-attack'
    component = {'type': name, 'path': str(victim)}
    if place == 'metric':
        gift(tmp_path, {'test_evaluator': [component]})
    elif place == 'pipeline':
        gift(tmp_path, {}, dataset={'type': 'SceneDataset', 'pipeline': [{'type': 'LoadScene'}, component]})
    else:
        gift(tmp_path, {}, **{place: component})
    with pytest.raises(ConfigError, match=r'config\.json is refused: type=.* is no component of this package; name a config'):
        rescore(tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize('key', ['_base_', '_scope_'])
def test_what_reaches_out_is_refused(tmp_path, key):
    gift(tmp_path, {}, dataset={'type': 'ToyScenes', key: './program.py'})
    with pytest.raises(ConfigError, match=f'is refused: {key} reaches for other files or programs'):
        rescore(tmp_path)


def test_a_base_file_is_not_run(tmp_path):
    victim = tmp_path / 'made-by-attack'
    (tmp_path / 'program.py').write_text(f'open({str(victim)!r}, "w").close()')
    (tmp_path / 'config.json').write_text(json.dumps({'_base_': './program.py'}))
    with pytest.raises(ConfigError, match="is not the config of a test run \\(KeyError: 'test_dataloader'\\)"):
        rescore(tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize('text', ['', '[1]', '{"test_dataloader": 3}', '[' * 100_000])
def test_damaged_files_are_one_sentence(tmp_path, text):
    (tmp_path / 'config.json').write_text(text)
    with pytest.raises(ConfigError, match='is not the config of a test run'):
        rescore(tmp_path)


def test_a_stored_config_that_only_writes_measures_nothing(tmp_path):
    gift(tmp_path, {'test_evaluator': {'type': 'BenchmarkWriter', 'folder': str(tmp_path / 'x')}})
    with pytest.raises(ConfigError, match='measures nothing'):
        rescore(tmp_path)
    assert not (tmp_path / 'x').exists()
