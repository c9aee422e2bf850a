"""The one module that plugins import: the hook marker, the values and protocols, the errors that they may raise.

``X as X`` exports a name, also to type checkers.

``flag``, ``rate``, ``text``, ``url``, ``whole_number`` and ``words`` are the readers that a Setting may name.
"""

import pluggy

from .errors import BackupNotFound as BackupNotFound
from .errors import DestinationFailed as DestinationFailed
from .errors import DestinationNotConfigured as DestinationNotConfigured
from .errors import DestinationProblem as DestinationProblem
from .errors import DestinationUnreachable as DestinationUnreachable
from .errors import ImportProblem as ImportProblem
from .errors import PluginError as PluginError
from .errors import ProviderFailed as ProviderFailed
from .errors import ProviderNotConfigured as ProviderNotConfigured
from .errors import ProviderProblem as ProviderProblem
from .errors import ProviderRefused as ProviderRefused
from .errors import ProviderUnreachable as ProviderUnreachable
from .errors import TitleUnknown as TitleUnknown
from .files import whole_file as whole_file
from .phrases import PHRASES as PHRASES
from .phrases import Phrase as Phrase
from .phrases import phrase as phrase
from .plugin.base_importers import BaseImporter as BaseImporter
from .plugin.base_importers import Rows as Rows
from .plugin.base_importers import TableImporter as TableImporter
from .plugin.base_importers import row_of_each as row_of_each
from .plugin.base_importers import rows_of_each as rows_of_each
from .plugin.context import PluginContext as PluginContext
from .plugin.context import PluginUser as PluginUser
from .plugin.destinations import BackupDestination as BackupDestination
from .plugin.destinations import BackupFile as BackupFile
from .plugin.destinations import is_backup_name as is_backup_name
from .plugin.destinations import is_user_id as is_user_id
from .plugin.events import Change as Change
from .plugin.events import LibraryChanged as LibraryChanged
from .plugin.importers import Importer as Importer
from .plugin.importers import ImportRow as ImportRow
from .plugin.importers import ListPlace as ListPlace
from .plugin.importers import Recommender as Recommender
from .plugin.providers import Capability as Capability
from .plugin.providers import CastMember as CastMember
from .plugin.providers import Credits as Credits
from .plugin.providers import CrewMember as CrewMember
from .plugin.providers import DiscoverKind as DiscoverKind
from .plugin.providers import DiscoverQuery as DiscoverQuery
from .plugin.providers import JsonHttpClient as JsonHttpClient
from .plugin.providers import MediaType as MediaType
from .plugin.providers import MetadataProvider as MetadataProvider
from .plugin.providers import SearchHit as SearchHit
from .plugin.providers import TitleDetails as TitleDetails
from .plugin.providers import TitleRatings as TitleRatings
from .setting_types import Setting as Setting
from .setting_types import flag as flag
from .setting_types import rate as rate
from .setting_types import text as text
from .setting_types import url as url
from .setting_types import whole_number as whole_number
from .setting_types import words as words
from .text import fold_words as fold_words
from .text import joined_words as joined_words
from .uploads.cells import Kind as Kind
from .uploads.cells import Places as Places
from .uploads.cells import best_rating as best_rating
from .uploads.cells import content_id as content_id
from .uploads.cells import imdb_id as imdb_id
from .uploads.cells import is_no as is_no
from .uploads.cells import is_yes as is_yes
from .uploads.cells import kept as kept
from .uploads.cells import kind_of as kind_of
from .uploads.cells import numeric_id as numeric_id
from .uploads.cells import rating_on_ten as rating_on_ten
from .uploads.cells import release_year as release_year
from .uploads.cells import title_and_year as title_and_year
from .uploads.cells import words_of as words_of
from .uploads.dates import DateOrder as DateOrder
from .uploads.dates import date_order as date_order
from .uploads.dates import moment_of as moment_of
from .uploads.dates import partial_date as partial_date
from .uploads.decoding import open_text as open_text
from .uploads.decoding import text_head as text_head
from .uploads.decoding import text_lines as text_lines
from .uploads.json_items import JsonItem as JsonItem
from .uploads.json_items import json_keys as json_keys
from .uploads.json_items import read_json as read_json
from .uploads.markup import plain_text as plain_text
from .uploads.objects import JsonRow as JsonRow
from .uploads.objects import read_objects as read_objects
from .uploads.statuses import BEGUN as BEGUN
from .uploads.statuses import status_of as status_of
from .uploads.tables import TableOrder as TableOrder
from .uploads.tables import TableRow as TableRow
from .uploads.tables import columns_of as columns_of
from .uploads.tables import leading_rows as leading_rows
from .uploads.tables import read_dated_table as read_dated_table
from .uploads.tables import read_table as read_table
from .uploads.times import known_day as known_day
from .uploads.times import when_watched as when_watched
from .uploads.upload import MAX_ROWS as MAX_ROWS
from .uploads.upload import BrokenRow as BrokenRow
from .uploads.upload import Member as Member
from .uploads.upload import MemberDamaged as MemberDamaged
from .uploads.upload import Upload as Upload
from .uploads.vocabulary import is_kin as is_kin
from .uploads.vocabulary import means_recommending as means_recommending
from .uploads.xml_items import XmlItem as XmlItem
from .uploads.xml_items import read_xml as read_xml

hookimpl = pluggy.HookimplMarker("movietracker")


class BaseProvider(MetadataProvider):
    """A provider that offers nothing, so that one derived from it writes only what it can do."""

    name = ""
    capabilities: frozenset[Capability] = frozenset()
    priority = 50
    id_namespace = 0


class WebProvider(BaseProvider):
    """A provider of a web service that needs a key."""

    key_setting = ""

    def __init__(self, http: JsonHttpClient | None) -> None:
        """``http`` is None if the setting ``key_setting`` is empty."""
        self._http = http

    @property
    def http(self) -> JsonHttpClient:
        """The HTTP client; raises ProviderNotConfigured without a key."""
        if self._http is None:
            raise ProviderNotConfigured(f"{self.name} needs a key: set {self.key_setting}.")
        return self._http

    def is_configured(self) -> bool:
        """Whether the key is set."""
        return self._http is not None


class BaseDestination:
    """What most backup destinations say of themselves."""

    name = ""
    priority = 50

    def is_configured(self) -> bool:
        """Ready unless the destination says otherwise."""
        return True
