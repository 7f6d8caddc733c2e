# SAS on ScanNet from what others computed: lifted features of LSeg as .pt files in data/scannet/sas/lifted/lseg, panoptic maps
# and captions of SEEM and TAP in data/scannet/seem, capabilities as data/scannet/sas/capability/{lseg,seem}_miou.npy.
_base_ = './sas_stage1_scannet.py'

priors = dict(
    suffix='.pt',
    experts=dict(
        _delete_=True,
        lseg=dict(type='DumpExpert', root='data/scannet/lseg', texts=_base_.texts),  # its files are there already
        seem=dict(type='DumpExpert', root='data/scannet/seem', texts=_base_.texts),
    ),
)
