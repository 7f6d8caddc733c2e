# Table 7, test clicks at 0.8 of the way to the outmost point: interactive mIoU 73.4, AP 48.2, AP50 71.1, AP25 86.5.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=0.8)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
