"""Everything that touches the outside world. One package for each technology."""
