"""Show versions, devices, back ends, and what each missing extra would enable. Paste it into bug reports.

Example:
    %(prog)s
"""

from collections.abc import Sequence

from uniseg3d.commands.parsers import described_parser
from uniseg3d.engine.environment import environment_report


def main(arguments: Sequence[str] | None = None, prog: str = 'python tools/check_env.py') -> None:
    """Print the report."""
    described_parser(__doc__, prog).parse_args(arguments)
    print(environment_report())
