# Table 6, lambda 0.05, the weight of all that ties the tasks: overall 51.6.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.05, class_distillation=0.05, contrastive=0.05, rank=0.05)))
