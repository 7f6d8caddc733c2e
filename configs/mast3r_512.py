# MASt3R as released: DUSt3R whose heads also describe every pixel by 24 numbers. Its loss here is that of the points.
_base_ = './dust3r_512_dpt.py'

widths = (1024, 768, 768, 768)
pointmap = dict(type='DPTPointmapHead', dpt=dict(type='DPT', widths=widths, hooks=(0, 6, 9, 12)))
head = dict(type='DescriptorHead', pointmap=pointmap, dims=(1024, 768), features=24)
model = dict(heads=[head, head])
