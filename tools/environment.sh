# Sourced by quickstart.sh and run_tests.sh: enters the active virtual environment, or makes and enters .venv, and
# installs the package there unless this very version of the requirements is installed already.
#   UNISEG3D_TORCH_INDEX   another index to take torch from (a Linux PC without GPU: PyTorch's CPU wheel index)

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in python3 python3.11 python3.12 python3.13 python3.10 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail 'no Python 3.10 to 3.13 found; install one, or put it first on the PATH'
}

enter_environment() {
    if [ -z "${VIRTUAL_ENV:-}" ]; then
        if [ ! -x .venv/bin/python ]; then
            step "Making a virtual environment in .venv"
            "$(find_python)" -m venv .venv || fail 'python -m venv failed; on Debian and Ubuntu: apt install python3-venv'
        fi
        # shellcheck disable=SC1091
        . .venv/bin/activate
    fi
}

install_package() {
    local stamp="$VIRTUAL_ENV/.uniseg3d-installed" wanted
    wanted=$(cat setup.py requirements/*.txt <(pwd) | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    step "Installing uniseg3d and what it needs into $VIRTUAL_ENV (about 400 MB to download)"
    # --no-compile: Python compiles what is imported when it is, a small part of what these packages hold
    python -m pip install --no-compile --progress-bar on -c requirements/constraints-cpu.txt \
        ${UNISEG3D_TORCH_INDEX:+--extra-index-url "$UNISEG3D_TORCH_INDEX"} -e '.[tests]' ||
        fail 'the installation failed; the lines above say why. Nothing outside the virtual environment was changed'
    echo "$wanted" > "$stamp"
}
