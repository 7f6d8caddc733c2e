# Scans with features of 2D experts, augmented as OpenScene does; labels are for measuring alone. A data set adds data_root,
# its class list and the folder of the features.
_base_ = './scenes.py'

train_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic'),
    dict(type='LoadPointFeatures'),
    dict(type='RandomFlip', probability=0.475),
    dict(type='NormalizeColor'),
    # noise every 20 and every 80 cm, 40 and 160 cm strong
    dict(type='ElasticDistortion', voxel_size=0.02, probability=0.95, levels=((5, 20.0), (20, 80.0))),
    dict(type='TurnTiltScale'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='PackLiftedScene', features=('color',)),
]
test_pipeline = [
    dict(type='LoadScene'),
    dict(type='MapSemantic'),
    dict(type='LoadPointFeatures', required=False),
    dict(type='NormalizeColor'),
    dict(type='SuperpointAnnotations', novel=False),
    dict(type='PackLiftedScene', features=('color',)),
]

train_dataloader = dict(batch_size=4, num_workers=8, dataset=dict(repeat=5))  # for each of four GPUs

pictures = dict(exports=('ply',))  # --show-dir also writes clouds in the colours of each kind of evidence
