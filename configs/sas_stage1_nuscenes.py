# SAS on nuScenes, first stage: 70 epochs of superpoint distillation. For four processes: tools/dist_train.sh CONFIG 4.
_base_ = [
    './_base_/models/sas.py',
    './_base_/datasets/nuscenes_lifted.py',
    './_base_/priors/nuscenes.py',
    './_base_/schedules/tenfold_poly.py',
    './_base_/runtime/default.py',
]

model = dict(
    classes=_base_.classes,
    voxel_size=0.05,
    repeats=5,
    texts=dict(
        said={
            'barrier': 'barrier, barricade',
            'construction vehicle': 'bulldozer, excavator, concrete mixer, crane, dump truck',
            'person': 'person, pedestrian',
            'trailer': 'trailer, semi trailer, cargo container, shipping container, freight container',
            'drivable surface': 'road',
            'other flat': 'curb, traffic island, traffic median',
            'terrain': 'grass, grassland, lawn, meadow, turf, sod',
            'manmade': 'building, wall, pole, awning',
            'vegetation': 'tree, trunk, tree trunk, bush, shrub, plant, flower, woods',
        }
    ),
)
val_evaluator = dict(type='ZeroShotMetric', classes=_base_.classes)
test_evaluator = val_evaluator
