# The backbone of Mask3D.
_base_ = '../semantic_unet_rooms.py'
model = dict(encoder=dict(dim=96, unet=dict(_delete_=True, type='Res16UNet34C', in_channels=6, out_channels=96)))
