# New-model option "texts see the scene", off: as published, a sentence sees only the superpoints and itself. Not in the paper.
_base_ = '../uniseg3d_1xb4_rooms.py'
model = dict(decoder=dict(prompts_see_scene=()))
