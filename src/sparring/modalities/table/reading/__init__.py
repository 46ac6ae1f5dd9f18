"""Reads tables: text files of any dialect, spreadsheets, databases."""
