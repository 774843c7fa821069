"""Everything that can go wrong by the world's fault, in our words, with what to do about it."""


class TallyportError(Exception):
    """Something went wrong that a person can put right; the message says how."""


class BadInput(TallyportError):
    """A file that somebody gave us is not what it should be; the message says where, and what to write instead."""


class SiteFileError(TallyportError):
    """The site file is not right; each problem names the file, the line and what to write."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreUnavailable(TallyportError):
    """The database cannot be reached, or dropped the connection; what was asked may be asked again."""


class SchemaMismatch(TallyportError):
    """The database's schema is not the one this version works with."""


class BrokerRefused(TallyportError):
    """The broker refused a connection or a subscription."""
