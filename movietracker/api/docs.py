"""``/openapi.json`` and ``/docs``; the page's assets are served by the application, so it works with no internet."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, send_from_directory

from ..state import state

ASSETS = Path(str(files("flask_swagger_ui") / "dist"))

blueprint = Blueprint("docs", __name__, template_folder="templates")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document; made once."""
    return Response(state().openapi_json(), mimetype="application/json")


@blueprint.get("/docs")
def docs() -> str:
    """The documentation as a page."""
    return render_template("docs.html", title=current_app.config["API_TITLE"])


@blueprint.get("/docs/<path:filename>")
def asset(filename: str) -> Response:
    """The page's own start script, and the assets of Swagger UI."""
    if filename == "start.js":
        return Response(render_template("docs.js"), mimetype="text/javascript")
    return send_from_directory(ASSETS, filename, max_age=86_400)
