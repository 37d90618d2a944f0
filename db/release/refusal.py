"""Why a release is refused."""


class ReleaseRefused(Exception):
    """Say in one sentence why nothing is frozen or verified, and what to do."""
