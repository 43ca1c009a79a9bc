"""NULL is guarded against, where it is welcome."""

CASE_CHECKS = {
    "status_known": f"status IN ({STATUSES})",
    "id_length": f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}",
    "title_length": f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}",
    "reference_length": f"reference IS NOT NULL AND length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
}
