# What the published trainings add to the model: their loss, and memory saved by computing blocks twice.
_base_ = './point3r.py'

model = dict(
    encoder=dict(checkpointing=True),
    decoder=dict(checkpointing=True),
    head=dict(checkpointing=True),
    criterion=dict(type='PointmapCriterion', pose_limit=0.3, pool_pixels=True),
)
