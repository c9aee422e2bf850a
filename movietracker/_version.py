"""The version, in a module that setup can read without importing the application."""

__version__ = "0.1.0"
