# SAS on ScanNet, second stage: 30 epochs of self-distillation from the end of the first.
_base_ = './sas_stage1_scannet.py'

load_from = 'work_dirs/sas_stage1_scannet'
model = dict(stage=2, history=dict(folder='work_dirs/sas_stage2_scannet/history'))
train_cfg = dict(max_epochs=30)
custom_hooks = [dict(type='HistoryHook', pipeline=_base_.history_pipeline)]
