#!/usr/bin/env bash
# Train on a slurm cluster.
#
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of tools/train.py]
#   GPUS=16 tools/slurm_train.sh gpu unified configs/semantic_baseline_rooms.py --resume
#
# Environment: GPUS (8, 0 = CPU only), GPUS_PER_NODE (8), TASKS (GPUS), CPUS_PER_TASK (5), SRUN_ARGS (more for srun),
#              MASTER_PORT (29500)
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
fi
partition=$1 job=$2 config=$3
shift 3
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec bash "$tools/srun.sh" "$partition" "$job" "$tools/train.py" "$config" --launcher slurm "$@"
