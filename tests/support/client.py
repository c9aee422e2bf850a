"""The client of the application under test; it compares every response with the OpenAPI document."""

from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient

from movietracker.api import authentication
from movietracker.services.accounts import Account
from support.documented import Document

PASSWORD = "a long secret"
ADMIN_TOKEN = "the admin token of the tests"


class Client(FlaskClient):
    """A test client that can be logged in, and that checks each response against the OpenAPI document."""

    document: Document | None = None

    def open(self, *args: Any, **options: Any) -> Any:
        """Send a request, and check the response."""
        response = super().open(*args, **options)
        if self.document is not None:
            self.document.check(self.application, response.request.method, response.request.path, response)
        return response

    def login(self, email: str, password: str = PASSWORD) -> "Client":
        """Log in, and send the token from now on."""
        return self._authenticate("/api/auth/login", {"email": email, "password": password})

    def login_as_admin(self) -> "Client":
        """Log in as the administrator."""
        return self._authenticate("/api/auth/admin/login", {"token": ADMIN_TOKEN})

    def send_token(self, token: str) -> "Client":
        """Send this token from now on."""
        self.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return self

    def _authenticate(self, address: str, body: dict[str, str]) -> "Client":
        response = self.post(address, json=body)
        assert response.status_code == 200, response.text
        return self.send_token(response.json["access_token"])


def client_of(app: Flask, account: Account | None = None) -> Client:
    """A client with a token of the account; logging in would take the time of a password check."""
    app.test_client_class = Client
    client = cast(Client, app.test_client())
    if account is not None:
        with app.app_context():
            client.send_token(authentication.user_token(account, token_version=0))
    return client
