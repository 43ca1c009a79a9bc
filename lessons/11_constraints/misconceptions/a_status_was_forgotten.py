"""The list of states, typed by hand."""

CASE_CHECKS = {
    "status_known": (
        "status IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'APPROVED', 'REJECTED', 'CLOSED')"
    ),
    "id_length": f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}",
    "title_length": f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}",
    "reference_length": f"length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
}
