"""All measures of fixture family iv, by the functions and through the metric."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.evaluation.metrics.unified import FIRST_KEYS
from uniseg3d.structures import MaskSet, PanopticMap, PointScene, Prediction, Prompts, Sample, SceneBatch, Superpoints
from uniseg3d.structures.prompts import Clicks, Texts
from uniseg3d.structures.targets import Targets

STUFF = 2
TOLERANCE = 1e-9


@pytest.fixture(scope='module')
def archive():
    with np.load(fixture_folder('uniseg3d') / 'iv_metrics.npz') as file:
        return dict(file)


class Scene:
    """One scene of the archive; every point is a superpoint of its own, as its masks respect none."""

    def __init__(self, archive, number):
        self.archive, self.prefix = archive, f'in/{number}/'
        self.name = f'scene{number:04d}_00'
        self.count = int(self['n_points'])
        self.superpoints = Superpoints.of_points(self.count)

    def __getitem__(self, key):
        return torch.from_numpy(np.asarray(self.archive[self.prefix + key]))

    def masks(self, key):
        if self.prefix + key + '_packbits' not in self.archive:
            return torch.zeros(0, self.count, dtype=torch.bool)
        packed = self.archive[self.prefix + key + '_packbits']
        return torch.from_numpy(np.unpackbits(packed, axis=1, count=self.count).astype(bool))

    def sample(self, things):
        """Every click means an instance that is made for it: its mask, and a class as good as any."""
        meant, told = self.masks('click_gt'), self.masks('text_gt')
        semantic, instance = self['gt_semantic'], self['gt_instance']
        number = torch.where(instance >= STUFF, instance - STUFF, -1)
        objects = int(number.max()) + 1
        labels = torch.tensor([int(semantic[number == k][0]) if (number == k).any() else STUFF for k in range(objects)]) - STUFF
        none = torch.zeros(0, dtype=torch.long)
        targets = Targets(
            semantic=semantic, instance=number, panoptic=instance, labels=torch.cat([labels, labels.new_zeros(len(meant))]),
            object_ids=torch.arange(objects + len(meant)),
            masks=torch.cat([number == torch.arange(objects)[:, None], meant]),
            novel_masks=meant[:0], semantic_masks=semantic == torch.arange(things + STUFF + 1)[:, None],
            click_instance=objects + torch.arange(len(meant)), text_masks=told,
            text_labels=torch.zeros(len(told), dtype=torch.long), text_object_ids=torch.arange(len(told)),
        )  # fmt: skip
        scene = PointScene(self.name, torch.zeros(self.count, 3), torch.zeros(self.count, 1))
        clicks = Clicks.single(none.new_zeros(len(meant)), none.new_zeros(len(meant)))
        texts = Texts([''] * len(told), none.new_zeros(len(told), 77))
        return Sample(scene, self.superpoints, Prompts(clicks, texts), targets)

    def prediction(self, things):
        confidence = self['click_confidence']
        probabilities = torch.full((len(confidence), things), -1.0)  # nobody may look at another class than the true one
        probabilities[:, 0] = confidence
        texts = self.masks('text_pred')
        return Prediction(
            self.name,
            self.superpoints,
            semantic=self['pred_semantic'],
            instances=MaskSet(self.masks('pred_masks'), self['pred_scores'], self['pred_labels']),
            panoptic=PanopticMap(self['pred_panoptic_semantic'], self['pred_panoptic_instance']),
            clicks=masks_of(self.masks('click_pred'), probabilities),
            texts=masks_of(texts),
        )


def masks_of(masks, probabilities=None):
    return MaskSet(masks, torch.zeros(len(masks)), torch.full((len(masks),), -1), probabilities)


@pytest.fixture(scope='module')
def measured(archive):
    """The metric after all scenes, its keys and its reports."""
    things = len(archive['class_names']) - 1 - STUFF
    scenes = [Scene(archive, number) for number in range(int(archive['n_scenes']))]
    metric = UnifiedMetric('scannet20', stuff=range(STUFF))
    for scene in scenes:
        metric.process({'batch': SceneBatch([scene.sample(things)])}, [scene.prediction(things)])
    reports = metric._reports([records for _, records in metric.results])
    return metric.evaluate(len(scenes)), reports


def test_the_keys_of_the_original_come_first_and_in_its_order(measured):
    assert tuple(measured[0])[: len(FIRST_KEYS)] == FIRST_KEYS


@pytest.mark.parametrize('key', FIRST_KEYS)
def test_returned_value(archive, measured, key):
    assert measured[0][key] == pytest.approx(float(archive[f'out/{key}']), abs=TOLERANCE)


@pytest.mark.parametrize(
    ('key', 'stored'),
    [
        ('sq', 'panoptic/sq_mean'),
        ('rq', 'panoptic/rq_mean'),
        ('pq_stuff', 'panoptic/pq_stuff'),
        ('pq_things', 'panoptic/pq_things'),
        ('acc', 'semantic/acc'),
        ('acc_cls', 'semantic/acc_cls'),
        ('all_prec_50%', 'instance/all_prec_50%'),
        ('all_rec_50%', 'instance/all_rec_50%'),
    ],
)
def test_other_values(archive, measured, key, stored):
    assert measured[0][key] == pytest.approx(float(archive[f'out/{stored}']), abs=TOLERANCE)


@pytest.mark.parametrize(
    ('task', 'measure', 'stored'),
    [
        ('panoptic', 'pq', 'panoptic/per_class_pq'),
        ('panoptic', 'sq', 'panoptic/per_class_sq'),
        ('panoptic', 'rq', 'panoptic/per_class_rq'),
        ('semantic', 'iou', 'semantic/per_class_iou'),
        ('instance', 'ap', 'instance/per_class_ap'),
        ('instance', 'ap_50%', 'instance/per_class_ap50%'),
        ('instance', 'ap_25%', 'instance/per_class_ap25%'),
        ('instance', 'prec_50%', 'instance/per_class_prec50%'),
        ('instance', 'rec_50%', 'instance/per_class_rec50%'),
    ],
)
def test_values_of_every_class(archive, measured, task, measure, stored):
    found = list(measured[1][task].classes[measure].values())
    np.testing.assert_allclose(found, archive[f'out/{stored}'][: len(found)], atol=TOLERANCE)


def test_counts_of_panoptic_segments(archive):
    things = len(archive['class_names']) - 1 - STUFF
    metric = UnifiedMetric('scannet20', tasks=('panoptic',))
    for scene in (Scene(archive, number) for number in range(int(archive['n_scenes']))):
        metric.process({'batch': SceneBatch([scene.sample(things)])}, [scene.prediction(things)])
    records = [records['panoptic'] for _, records in metric.results]
    for name, stored in (('tp', 'tp'), ('fp', 'fp'), ('fn', 'fn'), ('iou', 'iou_sum')):
        total = sum(getattr(record, name) for record in records)
        np.testing.assert_allclose(total, archive[f'out/panoptic/{stored}'][:-1], atol=TOLERANCE)


def test_iou_of_every_click(archive):
    things = len(archive['class_names']) - 1 - STUFF
    metric = UnifiedMetric('scannet20', tasks=('interactive',))
    for scene in (Scene(archive, number) for number in range(int(archive['n_scenes']))):
        metric.process({'batch': SceneBatch([scene.sample(things)])}, [scene.prediction(things)])
    found = np.concatenate([records['interactive'].iou for _, records in metric.results])
    np.testing.assert_allclose(found, archive['out/click_ious'], atol=TOLERANCE)
