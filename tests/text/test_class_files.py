"""Files of class embeddings: what fits is read as it is, what does not is named."""

import pytest
import torch

from uniseg3d.text.class_files import read_class_embeddings, write_class_embeddings
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

NAMES = [f'class {i}' for i in range(20)]
EMBEDDINGS = torch.randn(20, 3, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize('name', ['classes.pth', 'classes.safetensors'])
def test_files_come_back(tmp_path, name):
    path = tmp_path / 'new' / name
    write_class_embeddings(path, EMBEDDINGS, NAMES)
    assert torch.equal(read_class_embeddings(path), EMBEDDINGS)
    assert torch.equal(read_class_embeddings(path, NAMES, 16), EMBEDDINGS)
    assert torch.equal(read_class_embeddings(path, 20), EMBEDDINGS)


def test_the_original_file_is_one_tensor(tmp_path):
    path = tmp_path / 'scannet_cls_embedding.pth'
    torch.save(EMBEDDINGS.half(), path)
    read = read_class_embeddings(path, NAMES, 16)
    assert read.dtype == torch.float32 and torch.equal(read, EMBEDDINGS.half().float())


@pytest.mark.parametrize(
    ('names', 'width', 'sentence'),
    [
        (NAMES[:18], 16, r'classes\.pth embeds 20 classes, but the model has 18; make the file'),
        (19, None, 'embeds 20 classes, but the model has 19'),
        (NAMES, 768, r'classes\.pth embeds 16 channels, but the model has 768; make the file with tools/make_class_embeddings'),
    ],
)
def test_a_file_of_another_size_is_refused(tmp_path, names, width, sentence):
    write_class_embeddings(tmp_path / 'classes.pth', EMBEDDINGS, NAMES)
    with pytest.raises(DataError, match=sentence):
        read_class_embeddings(tmp_path / 'classes.pth', names, width)


def test_a_file_of_another_order_is_refused(tmp_path):
    write_class_embeddings(tmp_path / 'classes.safetensors', EMBEDDINGS, NAMES)
    with pytest.raises(DataError, match="class 0 is 'class 0', but the class list has 'class 19' there"):
        read_class_embeddings(tmp_path / 'classes.safetensors', NAMES[::-1])


def test_synonyms_are_the_same_class(tmp_path):
    path, names = tmp_path / 'classes.safetensors', ['sofa', 'showercurtrain', 'tree-merged']
    write_class_embeddings(path, EMBEDDINGS[:3], ['couch, sofa', 'shower curtain', 'tree'])
    assert torch.equal(read_class_embeddings(path, names), EMBEDDINGS[:3])


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        (EMBEDDINGS[:, 0], r'holds torch.float32 \[20, 16\]; expected class embeddings: floats \[classes, prototypes, width\]'),
        (torch.ones(2, 2, 2, dtype=torch.long), r'torch.int64 \[2, 2, 2\]'),
        (EMBEDDINGS[:0], r'\[0, 3, 16\]'),
        ({'other': EMBEDDINGS}, 'holds a NoneType'),
        ([1, 2], 'holds a list'),
        (EMBEDDINGS / 0, 'not finite'),
    ],
)
def test_other_content_is_refused(tmp_path, content, sentence):
    torch.save(content, tmp_path / 'classes.pth')
    with pytest.raises(DataError, match=sentence):
        read_class_embeddings(tmp_path / 'classes.pth')


def test_damaged_and_missing_files_are_named(tmp_path):
    path = tmp_path / 'classes.pth'
    with pytest.raises(FileFormatError, match=r'classes\.pth does not exist; .* make the file with tools'):
        read_class_embeddings(path)
    write_class_embeddings(path, EMBEDDINGS, NAMES)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(FileFormatError, match=r'classes\.pth .* truncated'):
        read_class_embeddings(path)


def test_names_that_are_no_list_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({'embeddings': EMBEDDINGS}, tmp_path / 'classes.safetensors', {'names': 'wall, floor'})
    with pytest.raises(FileFormatError, match='class names as a JSON list'):
        read_class_embeddings(tmp_path / 'classes.safetensors')


def test_other_formats_are_not_written(tmp_path):
    with pytest.raises(ConfigError, match=r'must end in \.pth .* or \.safetensors'):
        write_class_embeddings(tmp_path / 'classes.npy', EMBEDDINGS, NAMES)
    assert not list(tmp_path.iterdir())
