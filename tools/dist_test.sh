#!/usr/bin/env bash
# Test with several processes, on GPUs or on CPU cores; the metrics are those of one process.
#
#   tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options of tools/test.py]
#   tools/dist_test.sh configs/semantic_baseline_rooms.py work_dirs/semantic_baseline_rooms 2
#
# Several machines: run the same line on each, with
#   NNODES=2 NODE_RANK=0|1 MASTER_ADDR=<address of machine 0> PORT=29500
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
fi
config=$1 checkpoint=$2 processes=$3
shift 3
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec bash "$tools/torchrun.sh" "$processes" "$tools/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
