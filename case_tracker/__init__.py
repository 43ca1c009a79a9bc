"""The reference application of the workbook: cases, notes and an audit trail.

Dependencies point inwards: entrypoints, bootstrap, adapters | services, ports, domain.
"""
