#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: torchrun.sh PROCESSES SCRIPT [arguments]
# Environment: NNODES (1), NODE_RANK (0), MASTER_ADDR (127.0.0.1), PORT (a free one on a single machine, else 29500).
set -euo pipefail
processes=$1
shift
nodes=${NNODES:-1}
port=${PORT:-}
if [ -z "$port" ]; then
    if [ "$nodes" = 1 ]; then
        port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    else
        port=29500
    fi
fi
exec python -m torch.distributed.run \
    --nnodes "$nodes" --node-rank "${NODE_RANK:-0}" --nproc-per-node "$processes" \
    --master-addr "${MASTER_ADDR:-127.0.0.1}" --master-port "$port" "$@"
