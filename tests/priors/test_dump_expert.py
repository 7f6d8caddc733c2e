"""Maps and captions that others made."""

import numpy as np
import pytest
import torch

from uniseg3d.priors.dump_expert import DumpExpert
from uniseg3d.priors.pixel_experts import Photo
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, FileFormatError

TEXTS = {'encoder': {'type': 'HashedWords', 'dim': 16}}
NAMES = class_list('seem139').names
CHAIR, RUG = NAMES.index('chair'), NAMES.index('rug-merged')


def photo(root, name='0'):
    return Photo(torch.zeros(4, 6, 3, dtype=torch.uint8), 'scene', name, root)


@pytest.fixture
def root(tmp_path):
    for folder in ('sem_seg', 'pano_seg', 'caption'):
        (tmp_path / 'scene' / folder).mkdir(parents=True)
    classes = torch.full((4, 6), CHAIR, dtype=torch.uint8)
    classes[2:] = RUG
    torch.save(classes, tmp_path / 'scene' / 'sem_seg' / '0.pth')
    regions = torch.zeros(8, 12, dtype=torch.int32)
    regions[:, 6:] = 1
    regions[:4, 6:] = 2
    torch.save(regions, tmp_path / 'scene' / 'pano_seg' / '0.pth')
    captions = [{'captions': np.array(['a blue rug', 'a red wooden chair']), 'scores': np.zeros((2, 2))}]
    torch.save(captions, tmp_path / 'scene' / 'caption' / '0.pth')
    return tmp_path


def said(expert, root, sentences):
    (shown,) = expert.describe([photo(root)])
    texts = expert.texts.sentences(sentences)
    return [int((texts @ row).argmax()) for row in shown.at(torch.tensor([0, 5, 18, 23]))]


def test_captions_of_the_segments(root):
    sentences = ['a chair', 'a red and wooden chair', 'a rug', 'a blue rug']
    assert said(DumpExpert(str(root), TEXTS), root, sentences) == [0, 1, 2, 3]


def test_the_published_order_is_one_off(root):
    sentences = ['a chair', 'a red and wooden rug', 'a blue chair', 'a rug']
    found = said(DumpExpert(str(root), TEXTS, captions_from_zero=True), root, sentences)
    assert found[3] == 1 and found[0] == 2


def test_without_captions_the_classes_speak(root):
    (root / 'scene' / 'caption' / '0.pth').unlink()
    assert said(DumpExpert(str(root), TEXTS), root, ['a chair', 'a rug']) == [0, 0, 1, 1]


def test_classes_by_the_closest_names_of_another_list(root):
    expert = DumpExpert(str(root), TEXTS, said_as='indoor21_sas')
    assert said(expert, root, ['a chair', 'a red and wooden chair', 'a floor', 'a blue floor']) == [0, 1, 2, 3]
    with pytest.raises(ConfigError, match='no table from class list "seem139" to "scannet20"'):
        DumpExpert(str(root), TEXTS, said_as='scannet20')


def test_frames_without_a_map(root):
    assert DumpExpert(str(root), TEXTS).describe([photo(root, '7')]) == [None]


def test_files_of_another_kind(root):
    torch.save([1, 2], root / 'scene' / 'caption' / '0.pth')
    with pytest.raises(FileFormatError, match='a dict that has captions'):
        DumpExpert(str(root), TEXTS).describe([photo(root)])
    torch.save(torch.zeros(3), root / 'scene' / 'sem_seg' / '0.pth')
    with pytest.raises(FileFormatError, match=r'expected a map'):
        DumpExpert(str(root), TEXTS).describe([photo(root)])
