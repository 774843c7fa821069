"""Figures as tables: for people in Markdown, for programs in JSON. The same figures give the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

COMMAND: Final = "python -m tests.accuracy"
OURS: Final = "Tallyport"
Figures = Mapping[str, float | None]
"""Column -> figure; None where there is none, as with a delay that never ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What every method made of one question: rows are methods, columns figures."""

    name: str
    """As --only takes it."""
    title: str
    data: str
    split: str
    judged: str
    bar: str = ""
    """What is known from elsewhere of the same or like data."""
    rows: Mapping[str, Figures]

    def markdown(self) -> str:
        """Give the table with what must be known to read it."""
        columns = list(dict.fromkeys(column for figures in self.rows.values() for column in figures))
        lines = [f"### {self.title}", "", f"`{COMMAND} --only {self.name}`", ""]
        about = {"Data": self.data, "Split": self.split, "Judged": self.judged, "Bar": self.bar}
        lines += [f"* {word}: {text}" for word, text in about.items() if text]
        lines += ["", _line(("method", *columns)), _line(("---", *("---:" for _ in columns)))]
        for method, figures in self.rows.items():
            cells = [_cell(figures.get(column)) for column in columns]
            lines.append(_line((f"**{method}**" if method.startswith(OURS) else method, *cells)))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give the table to a program."""
        about = {"data": self.data, "split": self.split, "judged": self.judged, "bar": self.bar}
        return {"name": self.name, "title": self.title, **about, "rows": {m: dict(f) for m, f in self.rows.items()}}


HEAD: Final = f"""# Accuracy

How right Tallyport is, beside what others would say of the same reads. `make accuracy` writes this page,
`{COMMAND}` prints it (`--only NAME`, `--json`); the same commit gives the same figures. The recordings lie in
the folder that `TALLYPORT_DATA` names. Every method gets the same reads in time order, and what it publishes goes to
the same judge, that of `tallyport score`. Recordings are split whole: no method is tested on a recording that it
learned from. The published rules run as published; where a rule leaves a parameter open, its file in
`tests/accuracy/baselines` says what was taken. A dash is a figure that doesn't exist: nothing was published, or an
exit was never noticed."""


def page(groups: Mapping[str, Sequence[Table]]) -> str:
    """Put the whole page together: a part for each group of tables."""
    parts = [HEAD]
    for heading, tables in groups.items():
        parts += [f"## {heading}", *(table.markdown() for table in tables)]
    return "\n\n".join(parts) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(figure: float | None) -> str:
    if figure is None:
        return "–"  # noqa: RUF001 - a dash for people
    if isinstance(figure, int):
        return f"{figure:,}"
    return f"{figure:.3f}" if abs(figure) <= 1 else f"{figure:.2f}"
