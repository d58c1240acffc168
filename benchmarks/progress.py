"""The progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_bar(steps: int) -> Iterator[Callable[[str], None]]:
    """Show how far it is; what is yielded is called before each of the steps."""
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("starting", total=steps, completed=-1)

        def advance(what: str) -> None:
            progress.update(task, advance=1, description=what)

        yield advance
        progress.update(task, completed=steps, description="done")
