"""``python -m grader copy-gradebook``: a gradebook's rows into an empty gradebook elsewhere."""

import argparse
import sys

from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

_EXAMPLE = "postgresql+psycopg://USER@HOST/DATABASE"


class CopyError(Exception):
    """The gradebook cannot be copied; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("source", help="the gradebook, sqlite:///gradebook.db")
    parser.add_argument("target", help=f"where to, {_EXAMPLE}")


def run(args: argparse.Namespace) -> int:
    """Copy and say how much; 1 where it cannot be done."""
    try:
        rows = copy(args.source, args.target)
    except (CopyError, SQLAlchemyError) as error:
        print(f"Nothing was copied: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    print(f"{rows} rows copied. Now set c.CourseDirectory.db_url in nbgrader_config.py.")
    return 0


def copy(source: str, target: str) -> int:
    """Copy all rows, in one transaction; the source stays as it is.

    Args:
        source, target: as nbgrader's ``db_url`` names them.

    Returns:
        How many rows there were.

    Raises:
        CopyError: there is no gradebook to copy, or one where it should go.
        SQLAlchemyError: one of them cannot be opened, or is of an older nbgrader.
    """
    reading = create_engine(source)
    tables = Base.metadata.sorted_tables
    if not set(inspect(reading).get_table_names()) >= {table.name for table in tables}:
        raise CopyError(f"{reading.url!r} is no gradebook")
    count = 0
    with (
        Gradebook(target, course_id="") as made,  # it makes the tables, and no course of its own
        reading.connect() as old,
        made.engine.begin() as new,
    ):
        for table in tables:
            if new.execute(select(table).limit(1)).first() is not None:
                raise CopyError(f"{made.engine.url!r} has rows already")
        for table in tables:
            rows = [dict(row) for row in old.execute(select(table)).mappings()]
            if rows:
                new.execute(insert(table), rows)
            count += len(rows)
    return count
