# Table 7, test clicks at 0.6 of the way to the outmost point: interactive mIoU 75.9, AP 51.2, AP50 74.6, AP25 90.0.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=0.6)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
