"""Outbound HTTP of the providers: cached, paced, retried, bounded in time, and careful with keys.

requests-cache stores responses, urllib3 retries, requests-ratelimiter paces, filelock keeps processes from asking the
same twice. What is ours: keys that nothing above the adapter sees, what each response means, the deadline, the bound on
the cache, and that work goes on without the cache.
"""

from .adapter import Limits
from .budget import Budget, on_behalf_of
from .client import ProxyHttp
from .context import stale_responses, time_left, time_limit

__all__ = ["Budget", "Limits", "ProxyHttp", "on_behalf_of", "stale_responses", "time_left", "time_limit"]
