# Point3R: depths of videos on Bonn, 110 frames of each of five scenes.
_base_ = './point3r_video_sintel.py'

test_dataloader = dict(dataset=dict(data_root='data/views/bonn', layout='bonn', split='test'))
test_evaluator = dict(clip=None)
