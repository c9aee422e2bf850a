"""Metadata of titles: the chain of providers, look-up, refresh, enrichment of stubs."""
