"""A small program of our own, run before any lesson is there: it warms what SQLAlchemy does once.

A process that is forked afterwards finds modules loaded, patterns compiled and caches filled. It
leaves no table, no class and no listener behind.
"""

import ast
import gc

TIMES = 3  # Python specializes what it has run some times


def warm_up() -> None:
    """Map two classes, make tables, write, read, change and delete, and forget it all."""
    ast.parse("")  # the first one makes the classes of all nodes
    for _ in range(TIMES):
        _one_unit()
    gc.collect()


def _one_unit() -> None:
    from sqlalchemy import ForeignKey, create_engine, func, insert, select, text  # noqa: PLC0415 - this file is loaded before the walls stand
    from sqlalchemy.orm import (  # noqa: PLC0415 - the same
        DeclarativeBase,
        Mapped,
        Session,
        mapped_column,
        relationship,
        selectinload,
    )
    from sqlalchemy.pool import QueuePool  # noqa: PLC0415 - the same

    class Base(DeclarativeBase):
        pass

    class Shelf(Base):
        __tablename__ = "shelves"
        name: Mapped[str] = mapped_column(primary_key=True)
        width: Mapped[int | None]
        boxes: Mapped[list["Box"]] = relationship(
            back_populates="shelf", cascade="all, delete-orphan", order_by="Box.number"
        )

    class Box(Base):
        __tablename__ = "boxes"
        number: Mapped[int] = mapped_column(primary_key=True)
        shelf_name: Mapped[str] = mapped_column(ForeignKey("shelves.name"))
        label: Mapped[str]
        shelf: Mapped[Shelf] = relationship(back_populates="boxes")

    engine = create_engine("sqlite://", poolclass=QueuePool)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        rows = [{"name": name, "width": number} for number, name in enumerate("abc")]
        connection.execute(insert(Shelf), rows)
        connection.execute(text("SELECT name FROM shelves")).all()
        connection.commit()
        with Session(connection) as session:
            session.add(Shelf(name="top", boxes=[Box(label="one"), Box(label="two")]))
            session.commit()
            shelf = session.get_one(Shelf, "top")
            shelf.width = len(shelf.boxes)
            session.commit()
            wanted = select(Shelf).where(Shelf.width > 0).order_by(Shelf.name)
            session.scalars(wanted.options(selectinload(Shelf.boxes))).all()
            session.execute(select(Shelf.name, func.count()).join(Box).group_by(Shelf.name)).all()
            session.query(Box.number, Box.label).all()
            session.get(Shelf, "none")
            session.delete(shelf)
            session.flush()
            session.rollback()
    engine.dispose()
    Base.registry.dispose()
