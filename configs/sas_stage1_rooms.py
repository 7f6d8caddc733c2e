# SAS on rooms, first stage: a small network learns what two procedural experts see together. Made for a CPU.
_base_ = [
    './_base_/models/sas_tiny.py',
    './_base_/datasets/rooms_lifted.py',
    './_base_/priors/rooms.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

train_dataloader = dict(batch_size=2)
train_cfg = dict(max_iters=500)
optim_wrapper = dict(optimizer=dict(lr=3e-3))

val_evaluator = dict(type='ZeroShotMetric')
test_evaluator = val_evaluator
