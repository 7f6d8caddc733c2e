# Point3R: depths of videos on Sintel, all 23 scenes of the final pass, one alignment for each.
#   tools/dist_test.sh configs/benchmarks/point3r_video_sintel.py point3r_512.pth 1
_base_ = '../point3r_finetune.py'

videos = dict(
    type='ViewSequenceDataset', data_root='data/views/sintel', layout='sintel', split='all', whole_scenes=1, test_mode=True,
    resolutions=[(512, 384)], pipeline=[dict(type='FitViews', crop=False), dict(type='PackViews')],
)  # fmt: skip
test_dataloader = dict(dataset=dict(_delete_=True, **videos))
test_evaluator = dict(_delete_=True, type='VideoDepthMetric', max_depth=70.0, clip=70.0)
