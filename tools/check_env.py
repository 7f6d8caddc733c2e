"""Show what this machine and installation can do."""

import argparse

from uniseg3d.engine.environment import environment_report
from uniseg3d.utils.cli import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Show versions, devices, back ends, and what each missing extra would enable. Paste it into bug reports.',
        epilog='example:\n  python tools/check_env.py',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    print(environment_report())


if __name__ == '__main__':
    run(main)
