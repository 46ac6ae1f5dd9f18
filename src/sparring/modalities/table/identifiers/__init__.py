"""Columns that are made anew and not learned: names of people, codes, addresses, numbers of accounts."""
