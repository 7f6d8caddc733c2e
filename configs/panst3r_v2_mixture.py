# PanSt3R, second release, on scenes and on single photos, which are turned and cut into several views: data/scannetpp_views as
# tools/create_data.py makes it, and COCO and ADE20K with their panoptic labels in the form of COCO.
_base_ = ['./panst3r_v2_scannetpp.py']

train_dataloader = dict(
    dataset=dict(
        parts=[
            dict(type='ViewPairDataset', folder='scannetpp_views', layout='scannetpp_panoptic'),
            dict(
                type='PseudoViewDataset',
                folder='coco',
                annotations='annotations/panoptic_train2017.json',
                images='train2017',
                panoptic='annotations/panoptic_train2017',
            ),
            dict(
                type='PseudoViewDataset',
                folder='ade20k',
                annotations='ade20k_panoptic_train.json',
                images='images/training',
                panoptic='ade20k_panoptic_train',
            ),
        ],
        counts=[6_000, 2_000, 2_000],
    ),
)
