"""The tool around the lessons: commands, pytest plugin, lens. Never imported by the app."""
