"""Files of gaussians, byte for byte as SIU3R writes them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.geometry.quaternion import real_first
from uniseg3d.io.gaussians import read_gaussians, write_gaussians
from uniseg3d.structures import Gaussians


def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / 'ply.npz') as file:
        return {key: file[key] for key in file.files}


def value(name: str) -> Tensor:
    return torch.from_numpy(archive()[f'in/{name}'])


def gaussians() -> Gaussians:
    shape = value('means'), value('scales'), real_first(value('rotations_xyzw')), value('opacities'), value('harmonics')
    return Gaussians(*shape, value('semantic_labels').long(), value('instance_labels').long())


@pytest.mark.parametrize('name', ['full', 'dc_only', 'no_labels', 'shift_scale'])
def test_the_same_bytes(name: str, tmp_path: Path) -> None:
    made = gaussians()
    if name == 'no_labels':
        made = dataclasses.replace(made, semantic=None, instance=None)
    if name == 'shift_scale':
        made = made.recentred()
    degree = 0 if name in ('dc_only', 'shift_scale') else None
    table = None if name in ('no_labels', 'shift_scale') else value('query_class')
    write_gaussians(tmp_path / 'out.ply', made, 'siu3r', degree, table)
    assert (tmp_path / 'out.ply').read_bytes() == archive()[f'ply/{name}'].tobytes()


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    (tmp_path / 'in.ply').write_bytes(archive()['ply/full'].tobytes())
    found = read_gaussians(tmp_path / 'in.ply')
    assert found.convention == 'siu3r' and found.guessed
    for name in ('means', 'quaternions', 'opacities', 'harmonics', 'semantic', 'instance'):
        assert torch.equal(getattr(found.gaussians, name), getattr(gaussians(), name)), name
    torch.testing.assert_close(found.gaussians.scales, gaussians().scales, rtol=1e-6, atol=0)
    assert found.gaussians.masks is None and 'no products' in found.remarks[1]  # the table of the archive is random
