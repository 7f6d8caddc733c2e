#!/usr/bin/env bash
# From a fresh clone to a trained, tested and drawn model on the built-in rooms. CPU is enough.
#
#   bash tools/quickstart.sh           the whole thing
#   bash tools/quickstart.sh --fast    a smoke run of two minutes: few rooms, few steps
#   bash tools/quickstart.sh --images  photos to points instead: small DUSt3R and Point3R on walks through rooms
#   bash tools/quickstart.sh --open-vocabulary  classes without labels instead: SAS from experts for photos
#
# Run it again at any time: finished steps are skipped, training resumes, nothing is deleted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/environment.sh
. tools/environment.sh

case "${1:-}" in
    '') rooms=data/rooms train=200 val=24 config=configs/uniseg3d_1xb4_rooms.py ;;
    --fast) rooms=data/rooms_fast train=8 val=2 config=configs/uniseg3d_1xb4_rooms_fast.py ;;
    --images) exec bash tools/quickstart_images.sh ;;
    --open-vocabulary) exec bash tools/quickstart_open_vocabulary.sh ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "unknown option $1; expected --fast, --images, --open-vocabulary or nothing" ;;
esac
work_dir=work_dirs/$(basename "$config" .py)
bin=.venv/bin/ # where the command lies, unless it is on the PATH
[ -z "${VIRTUAL_ENV:-}" ] || bin=''

enter_environment
install_package

step "1/5  Making $((train + val)) rooms in $rooms"
python tools/make_rooms.py --out "$rooms" --train $train --val $val --seed 0 --workers 2

step "2/5  Preparing them with the code that prepares ScanNet"
python tools/create_data.py rooms --root-path "$rooms" --out-dir "$rooms" --workers 2
python tools/check_data.py "$rooms" --workers 2

step "3/5  Training $config"
python tools/test.py "$config" untrained --work-dir "$work_dir/untrained" >/dev/null & # training leaves a core free
untrained=$!
bash tools/dist_train.sh "$config" 1 --resume
wait $untrained

step "4/5  Testing on rooms that training never showed"
python tools/test.py "$config" "$work_dir" --work-dir "$work_dir/tested" --show-dir "$work_dir/pictures" --show-count 3 --dump "$work_dir/predictions"

step "5/5  Done"
python tools/compare_results.py "$work_dir/untrained" "$work_dir/tested"
echo "Log and weights:  $work_dir"
echo "Pictures, all six tasks in the first:"
ls "$work_dir"/pictures/tasks.png
find "$work_dir/pictures" -name '*.png' ! -name tasks.png | sort | sed 's/^/  /'
# a held-out room with a red chair, if there is one
room=$(python -c 'import json, sys
told = json.load(open(sys.argv[1]))
print(next((one["scene_id"] for one in told if "red chair" in one["description"]), told[0]["scene_id"]))' "$rooms/ScanRefer_filtered_val.json")
echo "In a browser, click a chair, type 'the red chair next to the table', export:"
echo "  ${bin}uniseg3d view $rooms/scans/$room --weights $work_dir --config $config"
