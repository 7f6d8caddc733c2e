"""Independent jobs over processes, with progress; one worker means this very process."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from uniseg3d.utils.progress import track

Job = TypeVar('Job')
Result = TypeVar('Result')


def run_jobs(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, description: str) -> list[Result]:
    """Results of ``function`` in the order of ``jobs``. The first error stops the rest and is raised here."""
    if workers <= 1 or len(jobs) <= 1:
        return [function(job) for job in track(jobs, description)]
    # spawn: forking a process that has already started torch or numba threads can hang
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        futures = [pool.submit(function, job) for job in jobs]
        try:
            for done in track(as_completed(futures), description, total=len(jobs)):
                done.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
