"""marshmallow schemas: shapes and ranges only, no queries."""
