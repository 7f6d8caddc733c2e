# DUSt3R as released for a long side of 512, with linear heads.
_base_ = './dust3r_512_dpt.py'

model = dict(heads=[dict(type='LinearPointmapHead', dim=768), dict(type='LinearPointmapHead', dim=768)])
