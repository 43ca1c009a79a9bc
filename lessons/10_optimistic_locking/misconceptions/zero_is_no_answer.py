"""Version 0 looks like no version."""


def expect_version(case, expected_version):
    if expected_version and case.version != expected_version:
        raise ConcurrentUpdateError(case.id)
