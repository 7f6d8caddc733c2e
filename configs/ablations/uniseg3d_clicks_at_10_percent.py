# Table 7, test clicks at 0.1 of the way to the outmost point: interactive mIoU 79.1, AP 55.9, AP50 81.1, AP25 94.4.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=0.1)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
