#!/usr/bin/env bash
# What slurm_train.sh and slurm_test.sh share: srun.sh PARTITION JOB_NAME SCRIPT [arguments]
set -euo pipefail
partition=$1 job=$2
shift 2
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
if [ "$gpus" -lt "$per_node" ]; then
    per_node=$gpus
fi
resources=(--ntasks="${TASKS:-$((gpus > 0 ? gpus : 1))}" --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1)
if [ "$gpus" -gt 0 ]; then
    resources+=(--gres="gpu:$per_node" --ntasks-per-node="$per_node")
fi
read -r -a more <<< "${SRUN_ARGS:-}"
exec srun --partition="$partition" --job-name="$job" "${resources[@]}" "${more[@]}" python -u "$@"
