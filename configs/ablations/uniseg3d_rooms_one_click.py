# New-model option "correction clicks", off: as published, training shows one click per object. Not in the paper.
_base_ = '../uniseg3d_1xb4_rooms.py'
model = dict(corrections=None)
