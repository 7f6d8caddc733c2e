# Table 3, the scene alone, no prompts: PQ 71.0, mIoU 76.2, mAP 59.0.
_base_ = './uniseg3d_tasks_scene_clicks.py'
model = dict(criterion=dict(weights=dict(clicks=0.0)))
train_pipeline = [step for step in _base_.train_pipeline if step['type'] != 'ClickPrompts']
test_pipeline = [step for step in _base_.test_pipeline if step['type'] != 'ClickPrompts']
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
