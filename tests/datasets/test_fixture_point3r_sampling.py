"""Family x: sequences, batches and index maps, number for number."""

import numpy as np
import pytest
from fixture_paths import fixture_folder

from uniseg3d.datasets.sequence_sampler import SequenceRule, draw_batches, draw_sequence, stretched


@pytest.fixture(scope='module')
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('point3r') / 'x_sampling_schedule.npz') as content:
        return dict(content)


def keys_below(archive: dict[str, np.ndarray], ending: str) -> list[str]:
    found = sorted(key.removesuffix(ending) for key in archive if key.endswith(ending))
    assert found
    return found


def test_sequences(archive: dict[str, np.ndarray]) -> None:
    for case in keys_below(archive, '/rng_seed'):
        params = archive[f'{case.rsplit("/", 1)[0]}/params'].tolist()
        count, first, pool, low, high = (int(value) for value in params[:5])
        rule = SequenceRule(high, low, params[5], params[6], int(params[7]) if params[7] > 0 else None)
        rng = np.random.default_rng(int(archive[f'{case}/rng_seed']))
        positions, video = draw_sequence(rng, count, first, pool, rule, repeat=True)
        assert positions == archive[f'{case}/positions'].tolist(), case
        assert video == archive[f'{case}/is_video'], case


@pytest.mark.parametrize(('kind', 'batch_size', 'views'), [('fixed', 3, (8, 8)), ('variable', 4, (4, 8))])
def test_batches(archive: dict[str, np.ndarray], kind: str, batch_size: int, views: tuple[int, int]) -> None:
    for case in keys_below(archive, f'/{kind}'):
        expected = archive[f'{case}/{kind}']
        rng = np.random.default_rng(int(case.rsplit('epoch', 1)[1]) + 788)
        assert np.array_equal(draw_batches(rng, len(expected), batch_size, 10, views), expected)


@pytest.mark.parametrize(('name', 'size'), [('resized_first', 23), ('resized_second', 40)])
def test_parts_of_a_mixture(archive: dict[str, np.ndarray], name: str, size: int) -> None:
    for case in keys_below(archive, f'/{name}'):
        expected = archive[f'{case}/{name}']
        rng = np.random.default_rng(int(case.rsplit('epoch', 1)[1]) + 777)
        assert np.array_equal(stretched(rng, size, len(expected)), expected)
