"""The run folder: its one reader, its one writer, and its log."""
