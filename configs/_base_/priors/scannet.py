# ScanNet: the frames that tools/extract_frames.py writes; every 20th was exported by the original.
_base_ = './clip.py'

priors = dict(folder='data/scannet/sas', frames='data/scannet/frames', tolerance=0.25, border=10)
