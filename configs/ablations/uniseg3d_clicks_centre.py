# Table 7, test clicks at the centre of the object: interactive mIoU 79.6, AP 56.6, AP50 82.1, AP25 94.9.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='at_distance', distance=0.0)
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
