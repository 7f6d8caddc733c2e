"""Family vi: the same labels as the original library, not just the same partition."""

import numpy as np
import pytest
from fixture_paths import fixture_folder

from uniseg3d.superpoints import mesh_superpoints

SETTINGS = {'default': (0.01, 20), 'k005_min5': (0.05, 5)}


@pytest.mark.parametrize('setting', SETTINGS)
def test_labels_equal_the_reference(setting: str) -> None:
    with np.load(fixture_folder('uniseg3d') / 'vi_superpoints.npz') as archive:
        meshes = sorted({key.split('/')[0] for key in archive.files})
        assert meshes
        for mesh in meshes:
            labels = mesh_superpoints(archive[f'{mesh}/vertices'], archive[f'{mesh}/faces'], *SETTINGS[setting])
            assert labels.dtype == np.int64
            assert np.array_equal(labels, archive[f'{mesh}/{setting}/labels']), mesh
