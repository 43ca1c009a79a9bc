"""The order is left to the database."""


class CaseRecord:
    notes: Mapped[list["CaseNoteRecord"]] = relationship(cascade="all, delete-orphan")
