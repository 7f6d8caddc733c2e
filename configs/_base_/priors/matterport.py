# Matterport3D: a camera of its own for each frame, depth in quarters of a millimetre.
_base_ = './clip.py'

priors = dict(folder='data/matterport/sas', frames='data/matterport/frames', depth_scale=4000.0, tolerance=0.02, border=10)
