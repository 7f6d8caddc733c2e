# Point3R: depths of single images on KITTI.
_base_ = './point3r_video_kitti.py'

test_dataloader = dict(dataset=dict(whole_scenes=0, views=1))
test_evaluator = dict(type='MonoDepthMetric')
