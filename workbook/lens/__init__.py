"""The lens: shows what SQLAlchemy really sends, and which line of yours made it send that.

Never imports SQLAlchemy by itself: take the part you need, say `workbook.lens.recorder`.
"""
