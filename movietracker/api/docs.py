"""``/openapi.json`` and ``/docs``; the page's assets are served by the application, so it works with no internet."""

from importlib.resources import files
from pathlib import Path

import orjson
from flask import Blueprint, Response, make_response, render_template, send_from_directory

from . import openapi

ASSETS = Path(str(files("flask_swagger_ui") / "dist"))

# Swagger UI styles its elements one by one, and shows small pictures that stand in its own style sheet.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("docs", __name__, template_folder="templates")


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document."""
    return Response(orjson.dumps(openapi.document(), option=orjson.OPT_INDENT_2), mimetype="application/json")


@blueprint.get("/docs")
def docs() -> Response:
    """The documentation as a page."""
    page = make_response(render_template("docs.html", title=openapi.TITLE))
    page.headers["Content-Security-Policy"] = PAGE_POLICY
    return page


@blueprint.get("/docs/<path:filename>")
def asset(filename: str) -> Response:
    """The page's own start script, and the assets of Swagger UI."""
    if filename == "start.js":
        return Response(render_template("docs.js"), mimetype="text/javascript")
    return send_from_directory(ASSETS, filename, max_age=86_400)
