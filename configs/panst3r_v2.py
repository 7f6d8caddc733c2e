# PanSt3R, second release: features are mixed, and masks follow the image. To test its weights, or to train as the original.
#   python tools/test.py configs/panst3r_v2.py panst3r_v2_512_5ds.pth
_base_ = ['./panst3r_v1.py']

model = dict(
    panoptic=dict(
        mixer=dict(type='InputMixer', in_dim=2816, dim=768, heads=12, layers=3),
        upscaler=dict(_delete_=True, type='LoftUp', in_dim=768, dim=384, heads=4),
        pixel_dim=384,
    ),
)
