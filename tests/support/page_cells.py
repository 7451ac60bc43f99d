"""A strict reader of a page that also keeps its tables, and the text of each element."""

from __future__ import annotations

from tests.support.report_runs import Page

Attributes = list[tuple[str, str | None]]


class Report(Page):
    """The tables as rows of cells, and the own text of each element."""

    def __init__(self, content: bytes) -> None:
        self.tables: list[list[list[str]]] = []
        self.texts: list[list[str]] = [["", ""]]  # tag, text
        self.around = [0]  # the elements that are open, by their place in `texts`
        super().__init__(content.decode())

    def handle_starttag(self, name: str, attributes: Attributes) -> None:
        super().handle_starttag(name, attributes)
        if name not in self.VOID:
            self.around.append(len(self.texts))
        self.texts.append([name, ""])
        if name == "table":
            self.tables.append([])
        elif name == "tr":
            self.tables[-1].append([])
        elif name in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, name: str) -> None:
        super().handle_endtag(name)
        self.around.pop()

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        self.texts[self.around[-1]][1] += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def all(self, name: str) -> list[str]:
        """The text of each element of this name, without that of the elements in it."""
        return [text for found, text in self.texts if found == name]

    def table(self, head: list[str]) -> list[list[str]]:
        """The rows of the table with this head."""
        return next(rows[1:] for rows in self.tables if rows[0] == head)

    def attribute(self, name: str) -> list[str]:
        """The values of all attributes of this name."""
        return [value for found, value in self.attributes if found == name]
