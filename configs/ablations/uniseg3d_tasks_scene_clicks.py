# Table 3, neither open vocabulary nor sentences: interactive AP 56.8, PQ 71.0, mIoU 76.4, mAP 58.7.
_base_ = './uniseg3d_tasks_scene_clicks_texts.py'
model = dict(text_encoder=dict(weights=None), criterion=dict(weights=dict(texts=0.0)))
train_pipeline = [step for step in _base_.train_pipeline if step['type'] != 'TextPrompts']
test_pipeline = [step for step in _base_.test_pipeline if step['type'] != 'TextPrompts']
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
