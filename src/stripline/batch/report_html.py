"""A job's report as one page that needs nothing else: no scripts, no other files, no network."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Final

from stripline.batch.journal.history import made_by
from stripline.batch.report import summarize
from stripline.batch.report_chart import savings_chart
from stripline.batch.report_style import STYLE
from stripline.batch.report_thumbs import thumbnail_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stripline.batch.journal import Journal, Made, TaskRow
    from stripline.batch.report import Report

# So many pictures are shown before and after: some 20 kB each in the page.
MOST_SHOWN: Final = 12
_MOST_LISTED: Final = 1000
_HEAD: Final = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)


def html_pieces(journal: Journal, number: int) -> Iterator[str]:
    """The page, piece by piece.

    Raises:
        InvalidOption: There is no such job.
    """
    report = summarize(journal, number, most=_MOST_LISTED)
    title = _text(f"Job {number}: {report.job.label}")
    yield f"{_HEAD}<title>{title}</title><style>{STYLE}</style></head><body>"
    yield f"<header><h1>{title}</h1><p>{_text(_subtitle(report))}</p></header><main>"
    yield _tiles(report)
    if report.spread:
        yield f"<section><h2>Savings</h2>{savings_chart(report.spread)}</section>"
    yield from _pairs(journal, report)
    yield _kinds(report)
    yield _failures(report)
    yield _unusual(report)
    yield "</main></body></html>\n"


def _subtitle(report: Report) -> str:
    job = report.job
    began = job.started or job.created
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(began))
    where = f" to {job.spec.output}" if job.spec.output else ""
    return f"{', '.join(job.inputs)}{where}, {when}: {report.totals.state}"


def _tiles(report: Report) -> str:
    found = report.totals
    saved = f"{found.saved_bytes / found.bytes_in:.1%}" if found.bytes_in else "-"
    tiles = [
        ("done", f"{found.done:,}", ""),
        ("failed", f"{found.failed:,}", "bad" if found.failed else ""),
        ("skipped", f"{found.tasks.get('skipped', 0):,}", ""),
        ("still to do", f"{found.pending:,}", ""),
        ("bytes before", _size(found.bytes_in), ""),
        ("bytes after", _size(found.bytes_out), ""),
        ("saved", saved, "good" if found.saved_bytes > 0 else ""),
        ("pictures/s", f"{found.per_second:,.1f}", ""),
    ]
    cells = "".join(
        f'<div class="tile {kind}"><b>{value}</b><span>{name}</span></div>'
        for name, value, kind in tiles
    )
    return f'<section class="tiles">{cells}</section>'


def _pairs(journal: Journal, report: Report) -> Iterator[str]:
    """The biggest savings, the first of them before and after."""
    if not report.savings:
        return
    best = report.savings[0]
    title = "Biggest savings" if best.size > best.bytes_out else "Before and after"
    yield f'<section><h2>{title}</h2><div class="pairs">'
    for row in report.savings[:MOST_SHOWN]:
        files = made_by(journal, row.id)
        if files:
            yield _pair(row, max(files, key=lambda file: file.width * file.height), report)
    yield "</div></section>"


def _pair(row: TaskRow, file: Made, report: Report) -> str:
    limits = report.job.spec.limits
    before = _picture(thumbnail_url(row.url, limits), "before", _size(row.size))
    after = _picture(
        thumbnail_url(file.url, limits),
        "after",
        f"{_size(file.bytes)}, {file.width} × {file.height} {file.format}",  # noqa: RUF001 - times
    )
    share = 1 - row.bytes_out / row.size
    saved = f" <b>{share:.0%} saved</b>" if share > 0 else ""
    return (
        f'<figure><div class="two">{before}{after}</div>'
        f"<figcaption>{_text(row.relative)}{saved}</figcaption></figure>"
    )


def _picture(url: str | None, what: str, words: str) -> str:
    shown = f'<img alt="{what}" src="{url}">' if url else '<div class="gone">no longer there</div>'
    return f"<div>{shown}<span>{what}: {_text(words)}</span></div>"


def _kinds(report: Report) -> str:
    rows = [
        (kind.variant or "-", kind.format, f"{kind.files:,}", _size(kind.bytes))
        for kind in report.kinds
    ]
    return _table("Files", ("variant", "format", "files", "bytes"), rows)


def _failures(report: Report) -> str:
    causes = [(cause or "-", f"{count:,}") for cause, count in report.totals.causes.items()]
    rows = [
        (row.url, row.cause, row.error, f"{row.attempts:,}", row.worker) for row in report.failures
    ]
    more = report.totals.failed - len(rows)
    return _table("Failures by cause", ("cause", "pictures"), causes) + _table(
        "Failures", ("source", "cause", "what it said", "attempts", "worker"), rows, more
    )


def _unusual(report: Report) -> str:
    rows = [(row.url, row.fallback, row.warnings) for row in report.unusual]
    return _table("Warnings and fallbacks", ("source", "made otherwise", "warnings"), rows)


def _table(
    title: str, names: tuple[str, ...], rows: Iterable[tuple[str, ...]], more: int = 0
) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f"<th>{name}</th>" for name in names)
    rest = f"<p>and {more:,} more: the CSV and JSON reports have all</p>" if more > 0 else ""
    return (
        f"<section><h2>{title}</h2><div class=scroll><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>{rest}</section>"
    )


def _text(text: str) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{count} B" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} TB"
