"""This server beside better-auth, its Python port, and the floor, over SQLite and PostgreSQL: `make bench`.

All run at the same time, one process each, and are measured in turn, round by round, so that whatever else
the machine does falls on all of them. Eight keep-alive connections each send their next request when they
have the answer to the last. CPU is user and system time of the whole process tree, mail sent after the
answer included; the database's own processes are counted apart. Figures are medians over rounds of new
people, after a warm-up. Nothing is asserted about time: a budget that is missed is reported as missed.

This server runs with its default settings and logs every request, to a file; limits by address are off on
all servers. Linux only: CPU is read from /proc and from process clocks.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

from chart import chart
from comparison import measure, steps
from document import put_tables
from machine import load_average, machine_facts
from plan import FULL, QUICK
from progress import progress_bar
from report import as_json, markdown


def main() -> None:
    """Measure, print the tables, and write tables, figures and chart where asked."""
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    if arguments.alone:
        plan = replace(plan, peers=())
    with tempfile.TemporaryDirectory(prefix="athena-bench-") as name:
        facts = machine_facts(Path(name))
        load_before = load_average()
        with progress_bar(steps(plan)) as advance:
            comparison = measure(Path(name), plan, advance)
    facts |= comparison.versions
    facts["Load average"] = f"{load_before} before, {load_average()} after"
    tables = markdown(comparison, facts)
    print(tables)
    if arguments.into is not None:
        arguments.into.mkdir(parents=True, exist_ok=True)
        (arguments.into / "results.md").write_text(tables + "\n")
        (arguments.into / "results.json").write_text(
            json.dumps(as_json(comparison, plan, facts), separators=(",", ":")) + "\n"
        )
        (arguments.into / "cpu.svg").write_text(chart(comparison))
    if arguments.document is not None:
        put_tables(arguments.document, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="fewer people, three rounds, 8 connections only, no flood"
    )
    parser.add_argument(
        "--alone", action="store_true", help="this server and the floor only: what a change of ours costs"
    )
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="write results.md, results.json and cpu.svg there"
    )
    parser.add_argument(
        "--document", type=Path, metavar="PAGE", help="put the tables into this Markdown page"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
