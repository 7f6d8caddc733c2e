"""Superpoints of meshes and of points with neighbours, against the published program."""

import re

import numpy as np
import pytest
from fixture_paths import fixture_folder

from uniseg3d.superpoints import mesh_superpoints
from uniseg3d.superpoints.graph_superpoints import graph_superpoints
from uniseg3d.superpoints.mesh_graph import edge_weights, face_edges, face_normals, vertex_normals

pytestmark = pytest.mark.full_set


@pytest.fixture(scope='module')
def case():
    return dict(np.load(fixture_folder('sas') / 'superpoints.npz'))


def same_partition(first, second):
    pairs = len(np.unique(np.stack([first, second], 1), axis=0))
    return pairs == len(np.unique(first)) == len(np.unique(second))


def test_meshes(case):
    names = [name for name in case if name.startswith('mesh_k')]
    assert names
    for name in names:
        threshold, least = re.fullmatch(r'mesh_k(\d+p?\d*)_min(\d+)', name).groups()
        ids = mesh_superpoints(case['vertices'], case['faces'], float(threshold.replace('p', '.')), int(least))
        assert same_partition(ids, case[name]), name


def test_normals_and_weights(case):
    normals = vertex_normals(len(case['vertices']), case['faces'], face_normals(case['vertices'], case['faces']))
    np.testing.assert_allclose(normals, case['vertex_normals'], atol=1e-5)
    edges = face_edges(case['faces'])
    np.testing.assert_array_equal(edges, case['edge_ab'])
    np.testing.assert_allclose(edge_weights(case['vertices'], normals, edges), case['edge_weight'], atol=1e-5)


def test_points_with_normals(case):
    ids = graph_superpoints(case['points'], case['point_normals'], case['point_edges'], 0.01, 20)
    assert same_partition(ids, case['point_k001_min20'])
