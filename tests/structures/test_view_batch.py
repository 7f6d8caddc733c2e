import pytest
import torch

from uniseg3d.structures import ViewSet
from uniseg3d.structures.prompts import Texts
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError


def view_set(name: str = 's', views: int = 2, posed: bool = True, size: tuple[int, int] = (4, 6)) -> ViewSet:
    images = torch.randint(0, 256, (views, *size, 3), dtype=torch.uint8)
    known = {
        'intrinsics': torch.eye(3).expand(views, 3, 3),
        'camera_to_world': torch.eye(4).expand(views, 4, 4),
        'depth': torch.ones(views, *size),
    }
    return ViewSet(name, images, [f'{i}.jpg' for i in range(views)], **(known if posed else {}))


def test_photos_become_a_batch_of_one_with_colours_from_minus_one_to_one():
    photos = view_set(posed=False)
    photos.images[0, 0, 0] = torch.tensor([0, 255, 51], dtype=torch.uint8)
    batch = ViewBatch.of(photos)
    assert (len(batch), batch.views, batch.size) == (1, 2, (4, 6))
    assert torch.allclose(batch.images[0, 0, :, 0, 0], torch.tensor([-1.0, 1.0, -0.6]))
    assert batch.depth is None and batch.names == [['0.jpg', '1.jpg']]


def test_batches_join_in_order():
    joined = ViewBatch.cat([ViewBatch.of(view_set('a')), ViewBatch.of(view_set('b'), is_metric=False)])
    assert joined.scene_ids == ['a', 'b'] and joined.is_metric.tolist() == [True, False]
    assert joined.depth.shape == (2, 2, 4, 6) and joined.camera_to_world.shape == (2, 2, 4, 4)


def test_sequences_that_differ_make_no_batch():
    with pytest.raises(DataError, match='different shapes'):
        ViewBatch.cat([ViewBatch.of(view_set()), ViewBatch.of(view_set(views=3))])
    with pytest.raises(DataError, match=r'ViewBatch\.camera_to_world is known for 1 of 2|ViewBatch\.\w+ is known for 1 of 2'):
        ViewBatch.cat([ViewBatch.of(view_set()), ViewBatch.of(view_set(posed=False))])


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('intrinsics', torch.zeros(1, 2, 4, 4)),
        ('camera_to_world', torch.zeros(1, 3, 4, 4)),
        ('depth', torch.zeros(1, 2, 6, 4)),
        ('is_metric', torch.zeros(2, dtype=torch.bool)),
        ('semantic', torch.zeros(1, 2, 6, 4, dtype=torch.int64)),
        ('instance', torch.zeros(1, 2, 4, dtype=torch.int64)),
    ],
)
def test_a_field_of_another_size_is_named(field, value):
    batch = ViewBatch.of(view_set())
    with pytest.raises(DataError, match=rf'ViewBatch\.{field}: expected shape'):
        ViewBatch(batch.scene_ids, batch.images, batch.names, **{field: value})


def labelled(name: str, classes: list[str]) -> ViewBatch:
    batch = ViewBatch.of(view_set(name))
    batch.semantic, batch.instance, batch.classes = (
        torch.full((1, 2, 4, 6), len(classes) - 1),
        torch.ones(1, 2, 4, 6).long(),
        [classes],
    )
    return batch


def test_labels_join_and_part_with_the_names_of_their_classes():
    joined = ViewBatch.cat([labelled('a', ['wall', 'chair']), labelled('b', ['table'])])
    assert joined.semantic[:, 0, 0, 0].tolist() == [1, 0]
    assert [part.classes for part in joined] == [[['wall', 'chair']], [['table']]]
    assert ViewBatch.cat([ViewBatch.of(view_set())]).classes is None


def test_labels_without_names_are_refused():
    batch = labelled('a', ['wall'])
    with pytest.raises(DataError, match='one list of class names each'):
        ViewBatch(batch.scene_ids, batch.images, batch.names, semantic=batch.semantic)
    with pytest.raises(DataError, match='must hold list only'):
        ViewBatch(batch.scene_ids, batch.images, batch.names, semantic=batch.semantic, classes=['wall'])


def test_a_batch_without_views_is_refused():
    with pytest.raises(DataError, match='expected at least one view'):
        ViewBatch(['s'], torch.zeros(1, 0, 3, 4, 6), [[]])


def test_sequences_can_be_taken_apart():
    parts = list(ViewBatch.cat([ViewBatch.of(view_set('a')), ViewBatch.of(view_set('b'))]))
    assert [part.scene_ids for part in parts] == [['a'], ['b']] and parts[1].depth.shape == (1, 2, 4, 6)


def test_some_views_may_be_chosen():
    batch = labelled('a', ['wall'])
    batch.semantic[:, 1] = 0
    chosen = batch.select([1])
    assert chosen.views == 1 and chosen.names == [batch.names[0][1:]] and batch.views == 2
    assert torch.equal(chosen.images[:, 0], batch.images[:, 1]) and torch.equal(chosen.semantic[:, 0], batch.semantic[:, 1])
    assert chosen.classes == batch.classes and batch.select([1, 0]).names == [batch.names[0][::-1]]


def test_sentences_travel_with_their_sequence():
    batch = ViewBatch.of(view_set('a'))
    said = ViewBatch(
        batch.scene_ids, batch.images, batch.names, texts=[Texts(['a chair'], torch.ones(1, 77).long())],
        text_objects=[torch.tensor([4])],
    )  # fmt: skip
    joined = ViewBatch.cat([said, said]).to('cpu')
    assert [texts.sentences for texts in joined.texts] == [['a chair']] * 2
    assert [part.text_objects[0].tolist() for part in joined] == [[4], [4]]


def test_sentences_without_their_objects_are_refused():
    batch = ViewBatch.of(view_set('a'))
    for texts, objects in (([], None), ([Texts()], [torch.tensor([4])])):
        with pytest.raises(DataError, match='expected sentences of 1 sequences and as many text_objects'):
            ViewBatch(batch.scene_ids, batch.images, batch.names, texts=texts, text_objects=objects)
