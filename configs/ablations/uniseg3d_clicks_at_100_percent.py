# Table 7, test clicks at 1.0 of the way to the outmost point: interactive mIoU 62.7, AP 36.4, AP50 54.8, AP25 70.2.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=1.0)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
