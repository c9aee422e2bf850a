"""create_app."""


def create_app(overrides: object = None) -> object:
    """Make the application."""
    raise NotImplementedError
