"""The old key is history."""


class V2:
    def find(self, key):
        return self._read(NOTES.c.uid == UUID(key))
