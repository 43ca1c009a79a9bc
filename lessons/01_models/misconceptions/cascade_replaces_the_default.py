"""The word of the page is added, and what was there before is gone."""


class CaseRecord:
    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        order_by="CaseNoteRecord.id", cascade="delete-orphan"
    )
