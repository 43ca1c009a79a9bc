"""The notes are kept, for the archive."""


class CaseNoteRecord:
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
