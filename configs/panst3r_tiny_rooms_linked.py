# The baseline of panst3r_tiny_rooms: the same network, but it looks at every view alone, and segments of different views become
# one where they overlap in space. It takes the weights of the other, so it need not be trained:
#   python tools/test.py configs/panst3r_tiny_rooms_linked.py work_dirs/panst3r_tiny_rooms
# Cells are as large as its points are wrong; smaller ones link less, larger ones no more.
_base_ = './panst3r_tiny_rooms.py'

model = dict(type='LinkedPanSt3R', size=0.05)
