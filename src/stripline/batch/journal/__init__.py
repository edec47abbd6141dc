"""What a batch remembers: jobs, their tasks and the files they made, in SQLite or PostgreSQL.

::

    schema     the tables
    database   opening one, and its transactions
    jobs       jobs: made, found again, ended, cancelled, forgotten
    planning   what is known of files, and what a plan adds
    running    which task is next, and what became of it
    history    totals, failures by cause, lists
    lock       one runner a job

Everything is written before it counts: a process may be killed at any instant, and the next one
finds each task either done, with its files in place, or still to be done.
"""

from stripline.batch.journal.database import Journal
from stripline.batch.journal.history import Made, TaskRow, Totals

__all__ = ["Journal", "Made", "TaskRow", "Totals"]
