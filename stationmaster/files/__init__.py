"""Where files are kept: firmware for chargers, and what chargers bring us. Imports nothing of ours."""

from stationmaster.files.folder import Folder as Folder
from stationmaster.files.folder import Full as Full
from stationmaster.files.folder import Kept as Kept
from stationmaster.files.folder import TooLarge as TooLarge
