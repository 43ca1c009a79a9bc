"""A title that is not known yet."""


class CaseRecord:
    title: Mapped[str | None]
