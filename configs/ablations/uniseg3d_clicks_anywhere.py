# Table 7, test clicks anywhere on the object: interactive mIoU 76.0, AP 51.3, AP50 75.2, AP25 89.6.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
click = dict(type='ClickPrompts', rule='anywhere')
test_pipeline = [click if step['type'] == 'ClickPrompts' else step for step in _base_.test_pipeline]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
