#!/usr/bin/env bash
# The image half of the quickstart: walks through rooms, two small networks, their measures, and a reconstruction.
# Called by tools/quickstart.sh --images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/environment.sh
. tools/environment.sh

walks=data/walks pairs=configs/dust3r_tiny_rooms.py stream=configs/point3r_tiny_rooms.py
pairs_dir=work_dirs/dust3r_tiny_rooms stream_dir=work_dirs/point3r_tiny_rooms

enter_environment
install_package

step "1/5  Walking through 624 rooms in $walks"
python tools/make_walks.py --out $walks --train 600 --val 24 --frames 24 --seed 0 --workers 2

step "2/5  Training $pairs in two processes"
bash tools/dist_train.sh $pairs 2 --resume

step "3/5  Training $stream in two processes, from what the pairs taught"
bash tools/dist_train.sh $stream 2 --resume --cfg-options model.dust3r_weights=$pairs_dir

step "4/5  Testing on rooms that training never showed"
python tools/test.py $pairs $pairs_dir --work-dir $pairs_dir/tested
python tools/test.py $stream $stream_dir --work-dir $stream_dir/tested

step "5/5  Reconstructing a walk that nobody trained on"
room=$(head -n 1 $walks/meta_data/scannetv2_val.txt)
python tools/reconstruct.py "$walks/frames/$room/color" --weights $stream_dir --config $stream --size 64 --out work_dirs/reconstruction
echo "Points, cameras, depths:  work_dirs/reconstruction"
