"""The database deletes now, so the cascade can go."""


class CaseRecord:
    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        order_by="CaseNoteRecord.id", passive_deletes=True
    )
