# SAS on rooms with an encoder of superpoints, second stage: it goes on with the classes of its own running average.
_base_ = './sas_stage1_rooms_superpoints.py'

load_from = 'work_dirs/sas_stage1_rooms_superpoints'
model = dict(stage=2, begin_with='both', history=dict(folder='work_dirs/sas_stage2_rooms_superpoints/history', momentum=0.99))
train_cfg = dict(max_iters=200)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
custom_hooks = [dict(type='HistoryHook', pipeline=_base_.history_pipeline)]
