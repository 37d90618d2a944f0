"""Why nothing is published."""


class PublishingRefused(Exception):
    """Say in one sentence why a release is not published, and what to do."""
