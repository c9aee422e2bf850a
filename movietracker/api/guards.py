"""Security headers, CORS, and which proxies' headers are trusted."""

from datetime import timedelta

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from ..errors import SettingsError
from ..extensions import cors
from .addresses import PlainAddresses

EXPOSED_HEADERS = ["ETag", "X-Next-Cursor", "Link", "X-Request-ID", "Retry-After", "Warning", "Content-Disposition"]

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    # A response of the API is not a page; pages set their own policy.
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
HSTS = f"max-age={timedelta(days=365) // timedelta(seconds=1)}"


def init_app(app: Flask) -> None:
    """Add the guards; raises SettingsError for CORS settings that contradict each other."""
    app.after_request(secure)
    _allow_origins(app)
    proxies = app.config["TRUSTED_PROXIES"]
    app.wsgi_app = PlainAddresses(app.wsgi_app)  # type: ignore[method-assign]
    if proxies:
        # Each proxy adds an address to X-Forwarded-For, but X-Forwarded-Proto is one word that the last of them sets.
        # Not the host: a proxy that does not set X-Forwarded-Host would pass on what the client says.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=1, x_host=0, x_prefix=1)  # type: ignore[method-assign]


def secure(response: Response) -> Response:
    """Add the security headers that a view has not set itself; HSTS only where TLS brought the request."""
    headers = response.headers
    for name, value in SECURITY_HEADERS:
        if name not in headers:
            headers.add(name, value)
    if request.path.startswith("/api/") and "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-cache"  # kept by the client alone, and asked for by its tag
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    return response


def _allow_origins(app: Flask) -> None:
    origins, with_credentials = app.config["CORS_ORIGINS"], app.config["CORS_CREDENTIALS"]
    if with_credentials and "*" in origins:
        raise SettingsError("CORS_CREDENTIALS needs the origins one by one: CORS_ORIGINS must not be *.")
    if origins:
        cors.init_app(
            app,
            resources=r"/api/*",
            origins=list(origins),
            supports_credentials=with_credentials,
            send_wildcard="*" in origins,
            always_send=False,
            expose_headers=EXPOSED_HEADERS,
            max_age=timedelta(hours=1),
        )
