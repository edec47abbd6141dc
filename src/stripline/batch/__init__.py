"""Many pictures: each done once, within a budget of memory, whatever happens on the way.

::

    discovery  from what was named to files; selection, ignore, walk say which
    config     settings from files, environment and flags; profiles are what is shipped
    spec       what a job does with each picture, and how files are called
    plan       from files that were found to tasks in the journal
    journal/   what is done, in SQLite or PostgreSQL
    run        tasks to a pool and back; line, admit and retry say which is next
    cache      results kept on disk for the next time
    work       what a worker does with a task; verify looks at what came of it
    watch      folders whose pictures are worked on as they come
    events     what listeners are told; logs and metrics are listeners
    report     what a job came to, as JSON, CSV or a page
    cluster    Dask's workers as a pool; strays are what those leave that die

Needs the extra `batch`. Importing this package loads nothing: a name is fetched from its home when
it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from stripline.errors import MissingDependency

if TYPE_CHECKING:
    from stripline.batch.cache import ResultCache
    from stripline.batch.cluster import open_cluster
    from stripline.batch.config import Config, load_config
    from stripline.batch.discovery import discover
    from stripline.batch.journal import Journal, Totals
    from stripline.batch.journal.jobs import Job
    from stripline.batch.logs import LogListener
    from stripline.batch.metrics import MetricsListener
    from stripline.batch.plan import Rules, plan_job
    from stripline.batch.report import Report, summarize, write_report
    from stripline.batch.run import Run, run_job
    from stripline.batch.selection import Selection
    from stripline.batch.spec import Spec
    from stripline.batch.task import Found, PassedOver
    from stripline.batch.watch import Watcher
    from stripline.batch.work import do_work

__all__ = [
    "Config",
    "Found",
    "Job",
    "Journal",
    "LogListener",
    "MetricsListener",
    "PassedOver",
    "Report",
    "ResultCache",
    "Rules",
    "Run",
    "Selection",
    "Spec",
    "Totals",
    "Watcher",
    "discover",
    "do_work",
    "load_config",
    "open_cluster",
    "plan_job",
    "run_job",
    "summarize",
    "write_report",
]

if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's
    _HOMES = {
        "Config": "config",
        "Found": "task",
        "Job": "journal.jobs",
        "Journal": "journal",
        "LogListener": "logs",
        "MetricsListener": "metrics",
        "PassedOver": "task",
        "Report": "report",
        "ResultCache": "cache",
        "Rules": "plan",
        "Run": "run",
        "Selection": "selection",
        "Spec": "spec",
        "Totals": "journal",
        "Watcher": "watch",
        "discover": "discovery",
        "do_work": "work",
        "load_config": "config",
        "open_cluster": "cluster",
        "plan_job": "plan",
        "run_job": "run",
        "summarize": "report",
        "write_report": "report",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            home = import_module(f"stripline.batch.{_HOMES[name]}")
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package not in {"pydantic", "pydantic_settings", "sqlalchemy"}:
                raise
            raise MissingDependency(f"stripline.batch.{name}", package, "batch") from error
        value = getattr(home, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
