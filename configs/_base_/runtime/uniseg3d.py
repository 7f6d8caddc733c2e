# The original's runs: seed 1 + rank, every parameter searched for gradients, the cache emptied after every iteration.
_base_ = './default.py'

randomness = dict(seed=1, diff_rank_seed=True)
find_unused_parameters = True
default_hooks = dict(checkpoint=dict(interval=8, save_best=['all_ap', 'miou', 'pq'], rule='greater'))
custom_hooks = [dict(type='EmptyCacheHook', after_iter=True)]
