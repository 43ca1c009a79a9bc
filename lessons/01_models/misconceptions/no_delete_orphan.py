"""A note that is taken out goes nowhere."""


class CaseRecord:
    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        order_by="CaseNoteRecord.id", cascade="all"
    )
