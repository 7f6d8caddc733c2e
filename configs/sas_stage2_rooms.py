# SAS on rooms, second stage: the network goes on with the classes of its own running average.
_base_ = './sas_stage1_rooms.py'

load_from = 'work_dirs/sas_stage1_rooms'
model = dict(stage=2, history=dict(folder='work_dirs/sas_stage2_rooms/history', momentum=0.99))
train_cfg = dict(max_iters=120)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
custom_hooks = [dict(type='HistoryHook', pipeline=_base_.history_pipeline)]
