#!/usr/bin/env bash
# Train with several processes, on GPUs or on CPU cores.
#
#   tools/dist_train.sh CONFIG PROCESSES [options of tools/train.py]
#   tools/dist_train.sh configs/semantic_baseline_rooms.py 2 --resume
#
# Several machines: run the same line on each, with
#   NNODES=2 NODE_RANK=0|1 MASTER_ADDR=<address of machine 0> PORT=29500
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
fi
config=$1 processes=$2
shift 2
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec bash "$tools/torchrun.sh" "$processes" "$tools/train.py" "$config" --launcher pytorch "$@"
