"""Which files of a folder are clouds, and whose scene they show."""

import pytest

import uniseg3d.apis
from uniseg3d.apis.cloud_files import find_clouds, scene_name
from uniseg3d.utils.errors import DataError


def test_folders_give_their_clouds_in_order_and_files_once(tmp_path):
    for name in ('b.PLY', 'a.las', 'notes.md', 'c.superpoints.npy', 'c.npy'):
        (tmp_path / name).touch()
    assert [path.name for path in find_clouds([tmp_path, tmp_path / 'a.las'])] == ['a.las', 'b.PLY', 'c.npy']


def test_what_is_no_cloud_is_said(tmp_path):
    (tmp_path / 'notes.md').touch()
    for wrong, message in ((tmp_path, 'holds no .ply'), (tmp_path / 'notes.md', 'ends in .md'), (tmp_path / 'x', 'not exist')):
        with pytest.raises(DataError, match=message):
            find_clouds([wrong])


def test_what_is_missing_is_left_for_the_report_if_anything_else_is_there(tmp_path):
    (tmp_path / 'a.las').touch()
    (tmp_path / 'empty').mkdir()
    inputs = [tmp_path / 'no.ply', tmp_path / 'empty', tmp_path / 'a.las']
    assert find_clouds(inputs) == inputs
    with pytest.raises(DataError, match=r'no.ply does not exist; .*empty holds no'):
        find_clouds(inputs[:2])


def test_scenes_are_called_as_scannet_calls_them(tmp_path):
    assert scene_name(tmp_path / 'scene0000_00_vh_clean_2.ply') == 'scene0000_00'


def test_the_package_offers_what_it_lists():
    assert all(callable(getattr(uniseg3d.apis, name)) for name in uniseg3d.apis.__all__)
    with pytest.raises(AttributeError, match='no attribute'):
        _ = uniseg3d.apis.nothing
