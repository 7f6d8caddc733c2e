"""Objects in photos and the names that fit them, with an expert that knows colours for sure."""

import posed_frames as scan
import pytest
import torch
from color_expert import ColorExpert

from uniseg3d.io.frames import read_views
from uniseg3d.priors.object_looks import PhotoWitness
from uniseg3d.text.class_embeddings import embed_classes
from uniseg3d.utils.errors import DataError

NAMES = ['red', 'blue', 'grey', 'green']


@pytest.fixture(scope='module')
def witness(tmp_path_factory):
    folder = tmp_path_factory.mktemp('frames') / 'room'
    scan.write_frames(folder)
    points, boxes = scan.floor_points()
    far = torch.cat([torch.from_numpy(points), torch.full((9, 3), 50.0)])  # the last superpoint is where nobody looks
    superpoint = torch.cat([torch.from_numpy(boxes), torch.full((9,), 3)])
    superpoint[superpoint == -1] = 2
    return PhotoWitness(read_views(folder), far, superpoint)


def shares(looks, expert):
    return looks.shares(embed_classes(NAMES, expert.templates, expert.encode_texts), expert.temperature)


def test_each_object_gets_its_color(witness):
    expert, masks = ColorExpert(), torch.eye(4, dtype=torch.bool)
    looks = witness.look(masks, expert, count=3)
    found = shares(looks, expert)
    assert looks.seen.tolist() == [True, True, True, False]
    assert found.argmax(1)[:3].tolist() == [0, 1, 2] and found.amax(1)[:3].min() > 0.8
    torch.testing.assert_close(found[3], torch.full((4,), 0.25))  # nobody has seen it


def test_crops_show_the_object_and_mark_its_pixels(witness):
    expert, masks = ColorExpert(), torch.eye(4, dtype=torch.bool)[:2]
    from uniseg3d.geometry.view_selection import best_views

    best = best_views(masks, witness.superpoint, witness.sightings, witness.size, 2)
    crops = witness.crops(masks, best, expert)
    assert crops.shape == (len(best), 2, 4, expert.crop_size, expert.crop_size)
    own = crops[:, :, 3] > 0
    near, wide = own[:, 0].float().mean((1, 2)), own[:, 1].float().mean((1, 2))
    assert (near > 0.8).all() and (wide < near).all()
    red = crops[best.mask == 0][:, :, :3].movedim(2, -1)[own[best.mask == 0]]
    assert (red[:, 0] > red[:, 2]).float().mean() > 0.9


def test_no_objects_at_all(witness):
    looks = witness.look(torch.zeros(0, 4, dtype=torch.bool), ColorExpert())
    assert looks.features.shape[0] == len(looks.seen) == 0 and shares(looks, ColorExpert()).shape == (0, 4)


def test_surroundings_can_fade(witness):
    expert = ColorExpert(fade=1.0)
    masks = torch.eye(4, dtype=torch.bool)[:1]
    assert shares(witness.look(masks, expert), expert)[0].argmax() == 0


def test_photos_without_cameras_are_refused(witness):
    views = type(witness.views)('room', witness.views.images, witness.views.names)
    with pytest.raises(DataError, match='no cameras'):
        PhotoWitness(views, torch.zeros(1, 3), torch.zeros(1, dtype=torch.long))
