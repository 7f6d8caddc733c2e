# SIU3R on pairs of ScanNet's frames with the original's settings, 8 GPUs with 3 pairs each; or to test its released weights:
#   bash tools/dist_train.sh configs/siu3r_pair_scannet.py 8
#   python tools/test.py configs/siu3r_pair_scannet.py siu3r_epoch100.ckpt
# LPIPS counts once model.criterion.perceptual_weights names a file that has its network, as the released checkpoint does.
_base_ = [
    './_base_/models/siu3r.py',
    './_base_/datasets/views_siu3r.py',
    './_base_/schedules/siu3r_100e.py',
    './_base_/runtime/default.py',
]

model = dict(
    geometry_weights='work_dirs/pretrained/DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth',
    mask_weights='work_dirs/pretrained/panoptic_coco_pretrain_vitadapter_maskdecoder_epoch60.ckpt',
)
train_dataloader = dict(batch_size=3, sampler=dict(batch_size=3, views=4))
val_evaluator = [dict(type='NovelViewMetric', as_original=True)]
test_evaluator = val_evaluator
