"""The words of searching."""
