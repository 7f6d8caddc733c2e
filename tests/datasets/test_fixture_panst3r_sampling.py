"""Families viii and ix of PanSt3R: views around a pair, batches, and the samples of an epoch."""

import re

import numpy as np
import pytest
from panst3r_archives import archive

from uniseg3d.datasets.sequence_sampler import draw_batches, draw_connected, stretched

TUPLES, DATA = 'viii_retrieval_and_sampling', 'ix_data_and_schedule'
EPOCH, SAMPLES, BATCH = 3, 23, 2  # as the archive's README says
RESOLUTIONS, MEMORY_VIEWS = 5, (2, 5)
STREAM = 777


def test_views_around_a_pair():
    pairs = archive(TUPLES)['in.pairs'].tolist()
    partners = [[] for _ in range(np.max(pairs) + 1)]
    for one, other in pairs:
        partners[one].append(other)
        partners[other].append(one)
    for pair, sources, *expected in archive(TUPLES)['out.tuples_pairindex_memviews_5views'].tolist():
        rng = np.random.default_rng(STREAM + pair)
        assert draw_connected(rng, tuple(pairs[pair]), partners, len(expected), sources) == expected


@pytest.mark.parametrize(('world', 'rank'), [(1, 0), (2, 1)])
def test_batches_of_a_process(world, rank):
    expected = archive(DATA)[f'out.sampler.world{world}_rank{rank}']
    total = SAMPLES // (BATCH * world) * BATCH * world
    rng = np.random.default_rng(STREAM + EPOCH)
    drawn = draw_batches(rng, total, BATCH, RESOLUTIONS, MEMORY_VIEWS, favour_first=False)
    assert np.array_equal(np.split(drawn, world)[rank], expected)


def test_samples_of_an_epoch():
    (name,) = (key for key in archive(DATA) if key.startswith('out.resized_dataset_mapping'))
    epoch, count, size = (int(number) for number in re.findall(r'\d+', name))
    assert np.array_equal(stretched(np.random.default_rng(STREAM + epoch), size, count), archive(DATA)[name])
