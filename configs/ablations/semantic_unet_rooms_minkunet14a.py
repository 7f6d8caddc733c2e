# Another network in the same place: how much does the quickstart's small U-Net give away?
_base_ = '../semantic_unet_rooms.py'
model = dict(encoder=dict(dim=96, unet=dict(_delete_=True, type='MinkUNet', variant='14A', in_channels=6, out_channels=96)))
