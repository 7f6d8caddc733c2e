#!/usr/bin/env bash
# Open-vocabulary scenes without labels, by SAS: experts for photos, measured, fused, and distilled into a 3D network.
# Called by tools/quickstart.sh --open-vocabulary. CPU is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/environment.sh
. tools/environment.sh

rooms=data/rooms first=configs/sas_stage1_rooms_superpoints.py second=configs/sas_stage2_rooms_superpoints.py
first_dir=work_dirs/sas_stage1_rooms_superpoints second_dir=work_dirs/sas_stage2_rooms_superpoints

enter_environment
install_package

step "1/6  Making 224 rooms in $rooms"
python tools/make_rooms.py --out $rooms --train 200 --val 24 --seed 0 --workers 2
python tools/create_data.py rooms --root-path $rooms --out-dir $rooms --workers 2

step "2/6  What two experts see in the frames, lifted to the points"
python tools/sas/extract_priors.py $first --expert lines & # one core for each
lines=$!
python tools/sas/extract_priors.py $first --expert regions
wait $lines

step "3/6  How good each expert is at each class, measured on pictures of single objects"
python tools/sas/synthesize_images.py $first
python tools/sas/refine_masks.py $first
python tools/sas/measure_capability.py $first

step "4/6  Both experts as one"
python tools/sas/fuse_features.py $first
python tools/sas/zero_shot_table.py $first --features

step "5/6  Training a 3D network on it, then on its own running average"
bash tools/dist_train.sh $first 1 --resume
bash tools/dist_train.sh $second 1 --resume

step "6/6  Testing on rooms that training never showed"
python tools/test.py $first $first_dir --work-dir $first_dir/tested
python tools/test.py $second $second_dir --work-dir $second_dir/tested
python tools/compare_results.py $first_dir/tested $second_dir/tested
room=$(head -n 1 $rooms/meta_data/scannetv2_val.txt)
python tools/sas/query_scene.py $second $second_dir --scene "$room" --text "a chair" --text "a shower curtain" \
    --picture work_dirs/query.png --folder work_dirs/query
echo "Heat map of a text:  work_dirs/query.png"
echo "Turn it in a browser (after: pip install 'uniseg3d[demo]'):  uniseg3d view work_dirs/query"
