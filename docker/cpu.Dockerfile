# Any machine without a GPU:
#   docker build -t uniseg3d -f docker/cpu.Dockerfile .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/data" uniseg3d infer scan.ply --text "the chair next to the table"
#   docker run --rm -p 127.0.0.1:8080:8080 -v "$PWD:/data" uniseg3d view scan.ply --server-name 0.0.0.0
FROM python:3.11-slim

# the fast engine of sparse convolution is one C file, compiled on first use
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/uniseg3d
COPY . .
RUN pip install --no-cache-dir -c requirements/constraints-cpu.txt \
    --extra-index-url https://download.pytorch.org/whl/cpu ".[demo,views,laz]"

RUN useradd --create-home user
USER user
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["uniseg3d"]
CMD ["--help"]
