# A machine with an NVIDIA GPU and the NVIDIA container toolkit; torch brings its own CUDA libraries:
#   docker build -t uniseg3d-cuda -f docker/cuda.Dockerfile .
#   docker run --rm --gpus all --user "$(id -u):$(id -g)" -v "$PWD:/data" uniseg3d-cuda infer scan.ply --device cuda
#   docker run --rm --gpus all --ipc host -v "$PWD:/data" --entrypoint python uniseg3d-cuda -m uniseg3d check-env
FROM python:3.11-slim

# a compiler for the engines that are compiled on first use (C for the CPU, Triton for the GPU)
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/uniseg3d
COPY . .
RUN pip install --no-cache-dir ".[cuda,demo,views,laz]"

RUN useradd --create-home user
USER user
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["uniseg3d"]
CMD ["--help"]
