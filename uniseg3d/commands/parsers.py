"""How all commands explain themselves."""

import argparse


def described_parser(text: str | None, prog: str) -> argparse.ArgumentParser:
    """Parser whose help begins with ``text``, in which ``%(prog)s`` stands for the command as it was called."""
    return argparse.ArgumentParser(prog=prog, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
