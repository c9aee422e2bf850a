"""The proxy of external metadata: HTTP client with cache, provider chain, enrichment of stubs."""

from __future__ import annotations
