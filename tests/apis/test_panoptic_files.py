"""Maps on photos and tables of segments."""

import numpy as np
import torch

from uniseg3d.apis.panoptic_files import on_photo, segments_of, write_panoptic
from uniseg3d.geometry.image_resize import fit_photo
from uniseg3d.io.images import read_map
from uniseg3d.io.ply import read_ply
from uniseg3d.structures.panoptic_views import PanopticViews


def test_a_map_comes_back_to_the_pixels_of_the_photo():
    """A photo whose right half is bright: so is the map, wherever the network saw it."""
    photo = np.zeros((90, 200, 3), np.uint8)
    photo[:, 100:] = 255
    fitted = fit_photo(photo, 64)
    seen = (fitted.image[..., 0] > 127).astype(np.int64) + 1
    back = on_photo(seen, photo.shape[:2], fitted.transform)
    assert back.shape == (90, 200) and (back == 0).any() and (back[45, 4:196] > 0).all()
    assert (back[45, 10:97] == 1).all() and (back[45, 103:190] == 2).all()


def test_a_map_of_the_photo_itself_stays():
    seen = np.arange(12).reshape(3, 4)
    assert np.array_equal(on_photo(seen, (3, 4), np.eye(3)), seen)


def test_sizes_count_over_all_views_and_no_segment_is_normal():
    maps = [torch.tensor([[0, 1], [2, 2]]), torch.tensor([[2, 2, 0]])]
    sure = [torch.ones(2, 2), torch.ones(1, 3)]
    views = PanopticViews(maps, sure, torch.tensor([1, 0]), torch.tensor([0.5, 0.25]), torch.tensor([3, 4]))
    first, second = segments_of(views, ['wall', 'chair'])
    assert (first.id, first.label, first.class_index, first.score, first.pixels) == (1, 'chair', 1, 0.5, 1)
    assert (second.label, second.pixels) == ('wall', 4)
    none = torch.zeros(0, dtype=torch.long)
    empty = PanopticViews([torch.zeros(2, 2).long()], sure[:1], none, torch.zeros(0), none)
    assert segments_of(empty, ['wall']) == []


def test_points_outside_all_segments_keep_a_trace_of_their_colour(tmp_path):
    points, colors = np.zeros((2, 3), np.float32), np.full((2, 3), 200, np.uint8)
    maps = {'a': on_photo(np.full((2, 2), 70000), (2, 2), np.eye(3))}
    write_panoptic(tmp_path, [], ['wall'], maps, points, colors, np.zeros(2, np.int64))
    cloud = read_ply(tmp_path / 'panoptic.ply')
    assert cloud.extra['label'].tolist() == [-1, -1] and (cloud.colors > 150).all()
    assert (read_map(tmp_path / 'labels' / 'a.png') == 65535).all()
