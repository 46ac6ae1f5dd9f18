"""Readers that several modalities share: folders, archives, tables, downloads, splits."""
