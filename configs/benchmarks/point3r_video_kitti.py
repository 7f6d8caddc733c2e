# Point3R: depths of videos on KITTI, up to 110 frames of each drive.
_base_ = './point3r_video_sintel.py'

test_dataloader = dict(dataset=dict(data_root='data/views/kitti', layout='kitti', split='test'))
test_evaluator = dict(max_depth=None, clip=None)
