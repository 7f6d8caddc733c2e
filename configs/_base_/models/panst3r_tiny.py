# PanSt3R on the tiny MUSt3R of must3r_tiny.py, which stays as it is. In the place of DINOv2, which wants a download, a copy of
# its encoder learns what things look like; words are learned, too. Tokens of so few channels do not tell where in the room
# patches are, so that is told beside them.
_base_ = './must3r_tiny.py'

model = dict(
    type='PanSt3R',
    image_encoder=dict(
        type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=96, patch=8), depth=2, heads=4, mlp_ratio=2.0
    ),
    patch_places=dict(type='PatchPlaces', frequencies=8),
    panoptic=dict(
        type='PanopticDecoder',
        mixer=dict(type='InputMixer', in_dim=336, dim=128, heads=4, layers=1, mlp_ratio=2.0),
        upscaler=dict(type='LoftUp', in_dim=128, dim=48, heads=4, depth=1, image_frequencies=4, highest=3.0, own_patch=True),
        class_head=dict(type='TextClassHead', dim=128, text_dim=64, scale=2.0, bias=-2.0),
        dim=128,
        heads=4,
        hidden=256,
        layers=3,
        queries=16,
        seeds=40,
        pixel_dim=48,
    ),
    class_text=dict(type='ClassText', encoder=dict(type='HashedWords', dim=64), template='{}'),
    criterion=dict(
        _delete_=True, type='ViewPanopticCriterion', points=256, classes=5.0, class_cost=2.0, entropy=10.0, dice=2.0
    ),
    pixel_head=dict(type='TextClassHead', dim=48, text_dim=64, scale=2.0),
    pixel_weight=16.0,
    stuff=('wall', 'floor'),
    classes='scannet20',
    copy_encoder=True,
)
