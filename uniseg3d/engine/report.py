"""Metrics for people."""

from collections.abc import Mapping

from mmengine.dist import is_main_process
from rich.console import Console
from rich.table import Table


def print_metrics(metrics: Mapping[str, float]) -> None:
    """A table on standard output, once however many processes there are."""
    if not is_main_process():
        return
    table = Table('metric', 'value')
    table.columns[1].justify = 'right'
    for name, value in metrics.items():
        table.add_row(name, f'{value:.4f}')
    Console().print(table if metrics else 'no metrics: nothing could be measured (see the log above)')
