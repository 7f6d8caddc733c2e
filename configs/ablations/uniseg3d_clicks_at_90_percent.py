# Table 7, test clicks at 0.9 of the way to the outmost point: interactive mIoU 71.0, AP 45.3, AP50 66.6, AP25 82.1.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=0.9)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
