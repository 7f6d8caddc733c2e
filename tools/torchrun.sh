#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: torchrun.sh PROCESSES SCRIPT [arguments]
# Environment: NNODES (1), NODE_RANK (0), MASTER_ADDR (127.0.0.1), PORT (a free one on a single machine, else 29500).
set -euo pipefail
processes=$1
shift
if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    meeting=(--standalone --local-addr 127.0.0.1)  # torch takes a free port itself and keeps it
else
    meeting=(
        --nnodes "${NNODES:-1}" --node-rank "${NODE_RANK:-0}"
        --master-addr "${MASTER_ADDR:-127.0.0.1}" --master-port "${PORT:-29500}"
    )
fi
exec python -m torch.distributed.run "${meeting[@]}" --nproc-per-node "$processes" "$@"
