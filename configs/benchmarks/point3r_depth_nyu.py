# Point3R: depths of single images on NYUv2, the 654 of its test split.
_base_ = './point3r_depth_kitti.py'

test_dataloader = dict(dataset=dict(data_root='data/views/nyu', layout='nyu'))
