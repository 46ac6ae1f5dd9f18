"""What a person can mend, said in one sentence."""


class UserError(Exception):
    """Something the user can mend: one sentence says what is wrong, where, and what to do.

    The command line exits with 2.
    """


class Diverged(UserError):
    """A loss or gradient stopped being finite before any usable snapshot existed."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint that names the closest valid name, "did you mean 'dcgan'?", or all names where none is close.

    Upper and lower case are the same.
    """
    import difflib

    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f"did you mean '{spelled[close[0]]}'?" if close else "known: " + ", ".join(sorted(known))
