# Table 6, lambda 0.2, the weight of all that ties the tasks: overall 51.3.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.2, class_distillation=0.2, contrastive=0.2, rank=0.2)))
