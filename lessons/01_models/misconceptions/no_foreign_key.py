"""The column has the right name, and that is all."""


class CaseNoteRecord:
    case_id: Mapped[str]
