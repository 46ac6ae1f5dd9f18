"""The run folder: one reader and one writer of its files, and its log."""
