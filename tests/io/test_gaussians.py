from pathlib import Path

import numpy as np
import pytest
import torch

from uniseg3d.io.gaussians import CONVENTIONS, read_gaussians, write_gaussians
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply
from uniseg3d.structures import Gaussians
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

FIELDS = ('means', 'scales', 'opacities', 'semantic', 'instance', 'masks', 'mask_classes')


def made(count: int = 9, queries: int = 3, bands: int = 25) -> Gaussians:
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator)

    shape = uniform(count, 3), 0.01 + uniform(count, 3), uniform(count, 4) - 0.5, uniform(count), uniform(count, 3, bands) - 0.5
    labels = torch.arange(count) % 4, torch.arange(count) % 3
    return Gaussians(*shape, *labels, uniform(count, queries), (5 * uniform(queries, 21)).softmax(1))


@pytest.mark.parametrize('convention', CONVENTIONS)
def test_written_and_read(convention: str, tmp_path: Path) -> None:
    before = made()
    write_gaussians(tmp_path / 'scene.ply', before, convention)
    found = read_gaussians(tmp_path / 'scene.ply')
    assert found.convention == convention and found.foreign == [] and found.guessed == (convention == 'siu3r')
    for name in FIELDS:
        torch.testing.assert_close(getattr(found.gaussians, name), getattr(before, name), rtol=1e-4, atol=1e-5)
    kept = found.gaussians.harmonics.shape[-1]
    assert kept == (25 if convention == 'siu3r' else 16) and found.gaussians.scene_id == 'scene'
    torch.testing.assert_close(found.gaussians.harmonics, before.harmonics[..., :kept])
    torch.testing.assert_close(found.gaussians.covariances, before.covariances, rtol=1e-4, atol=1e-6)


def test_common_viewers_find_what_they_look_for(tmp_path: Path) -> None:
    before = made()
    write_gaussians(tmp_path / 'scene.ply', before)
    columns = read_ply(tmp_path / 'scene.ply').extra
    np.testing.assert_allclose(1 / (1 + np.exp(-columns['opacity'])), before.opacities, rtol=1e-5)
    rotation = np.stack([columns[f'rot_{k}'] for k in range(4)], 1)
    np.testing.assert_allclose(np.linalg.norm(rotation, axis=1), 1, rtol=1e-5)
    assert sum(name.startswith('f_rest_') for name in columns) == 45
    np.testing.assert_array_equal(columns['f_rest_15'], before.harmonics[:, 1, 1])  # channel by channel
    np.testing.assert_allclose(np.exp(columns['scale_2']), before.scales[:, 2], rtol=1e-5)


def test_opacities_of_zero_and_one_stay_finite(tmp_path: Path) -> None:
    before = made(2)
    before.opacities = torch.tensor([0.0, 1.0])
    write_gaussians(tmp_path / 'scene.ply', before)
    torch.testing.assert_close(read_gaussians(tmp_path / 'scene.ply').gaussians.opacities, before.opacities, rtol=0, atol=1e-5)


@pytest.mark.parametrize('convention', CONVENTIONS)
def test_nothing_is_a_file_too(convention: str, tmp_path: Path) -> None:
    write_gaussians(tmp_path / 'none.ply', made(0), convention)
    assert len(read_gaussians(tmp_path / 'none.ply').gaussians) == 0


def test_masks_alone_take_a_fraction_of_the_table(tmp_path: Path) -> None:
    for convention in CONVENTIONS:
        write_gaussians(tmp_path / f'{convention}.ply', made(200, 10), convention)
    sizes = [(tmp_path / f'{convention}.ply').stat().st_size for convention in CONVENTIONS]
    assert sizes[0] * 3 < sizes[1]


def foreign_file(path: Path, opacity: np.ndarray, **columns: np.ndarray) -> None:
    names = [*(f'f_dc_{k}' for k in range(3)), *(f'scale_{k}' for k in range(3)), *(f'rot_{k}' for k in range(4))]
    parts = {name: np.ones(len(opacity), np.float32) for name in names} | {'opacity': opacity.astype(np.float32)} | columns
    write_ply(path, PlyMesh(np.zeros((len(opacity), 3)), extra=parts))


def test_a_file_of_another_program_is_guessed_and_says_so(tmp_path: Path) -> None:
    foreign_file(tmp_path / 'odds.ply', np.array([-2.0, 3.0, 0.5]), confidence=np.zeros(3, np.float32))
    found = read_gaussians(tmp_path / 'odds.ply')
    assert found.convention == '3dgs' and found.guessed and found.foreign == ['confidence']
    assert 'guessed 3dgs' in found.remarks[0] and 'left out: confidence' in found.remarks[1]
    foreign_file(tmp_path / 'shares.ply', np.array([0.2, 0.9]))
    assert read_gaussians(tmp_path / 'shares.ply').convention == 'siu3r'
    told = read_gaussians(tmp_path / 'shares.ply', convention='3dgs')
    assert not told.guessed and told.remarks == [] and told.gaussians.opacities[1] == torch.tensor(0.9).sigmoid()


def test_a_file_that_cannot_be_of_the_named_convention(tmp_path: Path) -> None:
    foreign_file(tmp_path / 'odds.ply', np.array([-2.0, 3.0]))
    with pytest.raises(FileFormatError, match='opacities from -2 to 3'):
        read_gaussians(tmp_path / 'odds.ply', convention='siu3r')


@pytest.mark.parametrize('convention', CONVENTIONS)
def test_truncated_files(convention: str, tmp_path: Path) -> None:
    write_gaussians(tmp_path / 'scene.ply', made(), convention)
    whole = (tmp_path / 'scene.ply').read_bytes()
    for size in (0, 40, len(whole) // 2, len(whole) - 1):
        (tmp_path / 'part.ply').write_bytes(whole[:size])
        with pytest.raises(DataError, match=r'part\.ply'):
            read_gaussians(tmp_path / 'part.ply')


def test_meshes_are_no_gaussians(tmp_path: Path) -> None:
    write_ply(tmp_path / 'mesh.ply', PlyMesh(np.zeros((3, 3)), np.zeros((3, 3))))
    with pytest.raises(FileFormatError, match=r'holds no gaussians: it lacks f_dc_0, .*opacity'):
        read_gaussians(tmp_path / 'mesh.ply')


def test_bands_that_are_incomplete(tmp_path: Path) -> None:
    foreign_file(tmp_path / 'in.ply', np.zeros(2), **{f'f_rest_{k}': np.zeros(2, np.float32) for k in range(8)})
    with pytest.raises(FileFormatError, match='8 columns f_rest'):
        read_gaussians(tmp_path / 'in.ply')


def test_rotations_of_length_zero_and_values_that_are_not_finite(tmp_path: Path) -> None:
    foreign_file(tmp_path / 'in.ply', np.zeros(2), **{f'rot_{k}': np.array([k, 0], np.float32) for k in range(4)})
    with pytest.raises(FileFormatError, match='1 gaussians have a rotation of length zero'):
        read_gaussians(tmp_path / 'in.ply')
    foreign_file(tmp_path / 'in.ply', np.zeros(2), scale_0=np.array([1, np.nan], np.float32))
    with pytest.raises(DataError, match='1 of 2 rows have NaN'):
        read_gaussians(tmp_path / 'in.ply')


def test_tables_of_another_number_of_classes(tmp_path: Path) -> None:
    write_gaussians(tmp_path / 'scene.ply', made(), 'siu3r')
    with pytest.raises(FileFormatError, match='63 columns seg_query_class_logits'):
        read_gaussians(tmp_path / 'scene.ply', classes=7)


def test_a_header_that_lost_its_classes(tmp_path: Path) -> None:
    write_gaussians(tmp_path / 'scene.ply', made())
    lines = (tmp_path / 'scene.ply').read_bytes().split(b'\n')
    (tmp_path / 'scene.ply').write_bytes(b'\n'.join(line for line in lines if not line.startswith(b'comment mask_classes')))
    with pytest.raises(FileFormatError, match='3 columns of query masks but classes of 0'):
        read_gaussians(tmp_path / 'scene.ply')


def test_requests_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='expected one of 3dgs, siu3r'):
        write_gaussians(tmp_path / 'out.ply', made(), 'splat')
    with pytest.raises(ConfigError, match='no place in a 3dgs file'):
        write_gaussians(tmp_path / 'out.ply', made(), query_table=torch.zeros(9, 3, 21))
    with pytest.raises(DataError, match='do not fit into a header'):
        write_gaussians(tmp_path / 'out.ply', made(2, 900))
    assert not (tmp_path / 'out.ply').exists()
