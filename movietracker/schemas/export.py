"""How an export is asked for."""

from .dates import TIME_ZONE
from .fields import Field, RequestSchema


class ExportQuerySchema(RequestSchema):
    """In which time zone what was watched at a moment has its day."""

    tz = Field(TIME_ZONE, load_default="UTC", description="IANA time zone in which viewings have their days.")
