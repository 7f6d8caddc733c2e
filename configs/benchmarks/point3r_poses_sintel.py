# Point3R: camera poses on Sintel, the 14 scenes whose cameras move enough; trajectories are written.
_base_ = './point3r_video_sintel.py'

test_dataloader = dict(dataset=dict(split='test', pipeline=[dict(type='FitViews'), dict(type='PackViews')]))
test_evaluator = dict(_delete_=True, type='RelativePoseMetric', trajectories=True)
