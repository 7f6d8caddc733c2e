# SAS on rooms, first stage, with an encoder of superpoints in the place of the sparse network.
_base_ = [
    './_base_/models/sas_superpoints.py',
    './_base_/datasets/rooms_lifted.py',
    './_base_/priors/rooms.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=2)
train_cfg = dict(max_iters=1200)
optim_wrapper = dict(optimizer=dict(lr=4e-3))

val_evaluator = dict(type='ZeroShotMetric')
test_evaluator = val_evaluator
