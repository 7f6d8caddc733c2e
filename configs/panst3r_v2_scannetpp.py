# PanSt3R, second release, trained as the original on ScanNet++: pairs of photos and partners of theirs, one of five shapes for
# each batch, 10000 samples per epoch. The views are prepared by
#   python tools/create_data.py scannetpp --out-dir data/scannetpp_views --make-pairs
_base_ = ['./panst3r_v2.py']

train_dataloader = dict(
    sampler=dict(views=(2, 5), favour_first=False),
    dataset=dict(
        _delete_=True,
        type='ViewMixture',
        data_root='data/',
        parts=[dict(type='ViewPairDataset', folder='scannetpp_views', layout='scannetpp_panoptic')],
        counts=[10_000],
        common=dict(
            views=5,
            labels=True,
            resolutions=[(512, 384), (512, 336), (512, 288), (512, 256), (512, 160)],
            pipeline=[dict(type='CropViews', extra=16), dict(type='JitterViews'), dict(type='PackViews')],
        ),
    ),
)
