"""The files of a benchmark submission say what the prediction says, vertex by vertex."""

import numpy as np
import pytest
import torch

from uniseg3d.engine import BenchmarkWriter
from uniseg3d.structures import MaskSet, Prediction, Superpoints
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError

SUPERPOINTS = Superpoints(torch.tensor([0, 2, 1, 1, 0]))


def predicted(instances=None, semantic=None):
    return Prediction('scene0700_00', SUPERPOINTS, semantic=semantic, instances=instances)


def three_instances():
    masks = torch.tensor([[True, False, False], [False, True, True], [True, True, True]])
    return MaskSet(masks, torch.tensor([0.25, 0.9, 0.5]), torch.tensor([0, 17, 2]))


def test_instances_are_listed_from_the_best_with_raw_ids_and_masks(tmp_path):
    writer = BenchmarkWriter(str(tmp_path))
    writer.process(None, [predicted(three_instances())])
    folder = tmp_path / 'instance'
    rows = [line.split() for line in (folder / 'scene0700_00.txt').read_text().splitlines()]
    assert [(row[1], float(row[2])) for row in rows] == [
        ('39', 0.9),
        ('5', 0.5),
        ('3', 0.25),
    ]  # furniture, chair, ...
    masks = [np.loadtxt(folder / row[0], dtype=int).tolist() for row in rows]
    assert masks == [[0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 1]]
    assert not (tmp_path / 'scene0700_00.txt').exists()  # nothing was said of semantics
    assert writer.evaluate(1) == {'scenes_written': 1}


def test_only_the_best_instances_are_written_when_there_are_too_many(tmp_path):
    BenchmarkWriter(str(tmp_path), most_instances=1).process(None, [predicted(three_instances())])
    assert len((tmp_path / 'instance' / 'scene0700_00.txt').read_text().splitlines()) == 1
    assert len(list((tmp_path / 'instance' / 'predicted_masks').iterdir())) == 1


def test_a_scene_without_instances_gets_an_empty_list_beside_its_labels(tmp_path):
    none = MaskSet(torch.zeros(0, 3, dtype=torch.bool), torch.zeros(0), torch.zeros(0, dtype=torch.long))
    BenchmarkWriter(str(tmp_path)).process(None, [predicted(none, semantic=torch.tensor([0, 2, 20]))])
    assert (tmp_path / 'instance' / 'scene0700_00.txt').read_text() == ''
    assert (tmp_path / 'scene0700_00.txt').read_text().split() == ['1', '0', '3', '3', '1']


def test_a_prediction_without_both_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='gives none for scene0700_00'):
        BenchmarkWriter(str(tmp_path)).process(None, [predicted()])


def test_instances_of_names_get_the_ids_of_their_list(tmp_path):
    listed = class_list('scannet200.instance198')
    found = three_instances()
    found.labels = torch.tensor([listed.names.index('pillow'), 0, listed.names.index('clock')])
    prediction = predicted(three_instances(), semantic=torch.tensor([0, 2, 20]))
    prediction.named = found
    BenchmarkWriter(str(tmp_path), names='scannet200.instance198').process(None, [prediction])
    rows = [line.split() for line in (tmp_path / 'named' / 'scene0700_00.txt').read_text().splitlines()]
    ids = dict(zip(listed.names, listed.raw_ids, strict=True))
    assert [int(row[1]) for row in rows] == [listed.raw_ids[0], ids['clock'], ids['pillow']]
    assert [np.loadtxt(tmp_path / 'named' / row[0], dtype=int).sum() for row in rows] == [3, 5, 2]
    assert (tmp_path / 'instance' / 'scene0700_00.txt').exists()
