"""Whatever went wrong, somebody else was faster."""


def translate_stale(error):
    return ConcurrentUpdateError()
