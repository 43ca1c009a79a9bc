"""The mapper is trusted to count."""


class VersionedRecord:
    @declared_attr.directive
    def __mapper_args__(cls):
        return {"version_id_col": cls.version}
