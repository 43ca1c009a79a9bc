"""The clock decides which note is older."""


class CaseRecord:
    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        order_by="CaseNoteRecord.created_at", cascade="all, delete-orphan"
    )
