# SIU3R on eight frames at once. Every view looks at all others; the weights are those of two views.
_base_ = './siu3r_pair_scannet.py'

model = dict(seen=8, geometry_weights='work_dirs/pretrained/MASt3R_ViTLarge_BaseDecoder_512_catmlpdpt_metric.pth')
train_dataloader = dict(batch_size=1, sampler=dict(batch_size=1, views=10), dataset=dict(views=10))
val_dataloader = dict(dataset=dict(pair_list='val_pair_8views.json'))
test_dataloader = val_dataloader
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'mask_decoder': dict(lr_mult=100), 'image_adapter': dict(lr_mult=100)}))
