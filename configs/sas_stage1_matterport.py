# SAS on Matterport3D, first stage: 70 epochs of superpoint distillation. For four processes: tools/dist_train.sh CONFIG 4.
_base_ = [
    './_base_/models/sas.py',
    './_base_/datasets/matterport_lifted.py',
    './_base_/priors/matterport.py',
    './_base_/schedules/tenfold_poly.py',
    './_base_/runtime/default.py',
]

model = dict(classes=_base_.classes, repeats=5)
val_evaluator = dict(type='ZeroShotMetric', classes=_base_.classes)
test_evaluator = val_evaluator
