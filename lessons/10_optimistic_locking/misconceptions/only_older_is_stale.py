"""A client who is ahead is let through."""


def expect_version(case, expected_version):
    if expected_version is not None and expected_version < case.version:
        raise ConcurrentUpdateError(case.id)
