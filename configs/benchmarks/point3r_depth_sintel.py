# Point3R: depths of single images on Sintel, every frame of the final pass by itself, scaled by medians.
_base_ = './point3r_video_sintel.py'

test_dataloader = dict(dataset=dict(whole_scenes=0, views=1))
test_evaluator = dict(type='MonoDepthMetric')
