# ScanNet as SIU3R prepares it: frames of 256 x 256 pixels with class and object of every pixel, and how much any two frames of
# a scene overlap. Images are taken as they lie, without augmentation. What makes it of raw ScanNet:
#   python tools/create_data.py scannet_pairs --root-path data/scannet --out-dir data/scannet_pairs
_base_ = './views.py'

data_root = 'data/scannet_pairs'
common = dict(
    type='ViewOverlapDataset',
    data_root=data_root,
    layout='siu3r',
    labels=True,
    resolutions=[(256, 256)],
    pipeline=[dict(type='PackViews')],
)
train_dataloader = dict(num_workers=8, dataset=dict(**common, views=4, gap=(10, 100), overlap=(0.3, 0.8)))
val_dataloader = dict(num_workers=4, dataset=dict(**common, pair_list='val_pair.json'))
test_dataloader = val_dataloader
