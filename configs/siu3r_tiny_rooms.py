# Two views of a room to labelled gaussians, on a CPU, on walks with labels:
#   python tools/make_walks.py --labels
#   bash tools/dist_train.sh configs/siu3r_tiny_rooms.py 2
# Of three frames the network sees the first and the last, and is asked to draw all: most of the time goes into drawing.
_base_ = [
    './_base_/models/siu3r_tiny.py',
    './_base_/datasets/views_rooms.py',
    './_base_/schedules/muon_cosine.py',
    './_base_/runtime/default.py',
]

resolutions = [(96, 64)]
walk = dict(views=3, labels=True, resolutions=resolutions, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0))
train_dataloader = dict(batch_size=2, sampler=dict(batch_size=2, views=3), dataset=walk)
val_dataloader = dict(dataset=dict(start_every=6, **walk))
test_dataloader = val_dataloader

train_cfg = dict(max_iters=700)
val_evaluator = [dict(type='NovelViewMetric')]
test_evaluator = val_evaluator
