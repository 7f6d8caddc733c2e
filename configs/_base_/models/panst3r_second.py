# PanSt3R with the sizes of the second release: features are mixed, and pixels ask the patches what they belong to.
_base_ = './panst3r.py'

model = dict(
    panoptic=dict(
        mixer=dict(type='InputMixer', in_dim=2816, dim=768, heads=12, layers=3),
        upscaler=dict(_delete_=True, type='LoftUp', in_dim=768, dim=384, heads=4),
        pixel_dim=384,
    ),
)
