# New-model option "positions", off: as published, the decoder does not know where things are. Not in the paper.
_base_ = '../uniseg3d_1xb4_rooms.py'
model = dict(decoder=dict(position=None))
