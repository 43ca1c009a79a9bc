"""At most, and nothing about at least."""

CASE_CHECKS = {
    "status_known": f"status IN ({STATUSES})",
    "id_length": f"length(id) <= {MAX_ID_LENGTH}",
    "title_length": f"length(title) <= {MAX_TITLE_LENGTH}",
    "reference_length": f"length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
}
