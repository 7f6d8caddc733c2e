# The first stage with heads of two linear layers instead of dense ones: the original's option that was never released.
_base_ = ['./point3r_224_stage1.py']

model = dict(
    head=dict(
        local=dict(_delete_=True, type='PatchPointmapHead', dim=768, ahead=True),
        world=dict(_delete_=True, type='PatchPointmapHead', dim=768),
    )
)
