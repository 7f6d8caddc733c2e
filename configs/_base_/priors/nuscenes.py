# nuScenes: six cameras of a key frame, nothing measures depth; what lies in front of a camera counts as seen.
_base_ = './clip.py'

priors = dict(
    folder='data/nuscenes/sas',
    frames='data/nuscenes/frames',
    vocabulary='nuscenes16',
    depth_scale=None,
    border=5,
    pictures=dict(prompt='a good photo of a {} on a street'),
    fusion=dict(_delete_=True),
)
