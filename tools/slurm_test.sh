#!/usr/bin/env bash
# Test on a slurm cluster.
#
#   tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [options of tools/test.py]
#
# Environment: GPUS (8, 0 = CPU only), GPUS_PER_NODE (8), TASKS (GPUS), CPUS_PER_TASK (5), SRUN_ARGS (more for srun),
#              MASTER_PORT (29500)
set -euo pipefail
if [ $# -lt 4 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
fi
partition=$1 job=$2 config=$3 checkpoint=$4
shift 4
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec bash "$tools/srun.sh" "$partition" "$job" "$tools/test.py" "$config" "$checkpoint" --launcher slurm "$@"
