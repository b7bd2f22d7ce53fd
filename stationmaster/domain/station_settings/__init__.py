"""The settings of a charger, in one list for every version: configuration keys of 1.6, variables of 2.x as `Component/Variable`.

`table.py` says what is kept, `learning.py` takes what a charger has told, `settings.py` reads it, `answers.py` says what the
outcome of reading and changing means, `monitors.py` has what watches over variables, `streams.py` how it is told often.
"""

from stationmaster.domain.station_settings.answers import Result as Result
from stationmaster.domain.station_settings.answers import change_answer as change_answer
from stationmaster.domain.station_settings.answers import read_answer as read_answer
from stationmaster.domain.station_settings.learning import learn as learn
from stationmaster.domain.station_settings.learning import learn_value as learn_value
from stationmaster.domain.station_settings.learning import public_value as public_value
from stationmaster.domain.station_settings.monitors import setting_monitors as setting_monitors
from stationmaster.domain.station_settings.settings import ChangeRow as ChangeRow
from stationmaster.domain.station_settings.settings import Difference as Difference
from stationmaster.domain.station_settings.settings import SettingRow as SettingRow
from stationmaster.domain.station_settings.settings import changes as changes
from stationmaster.domain.station_settings.settings import described as described
from stationmaster.domain.station_settings.settings import differences as differences
from stationmaster.domain.station_settings.settings import is_on as is_on
from stationmaster.domain.station_settings.settings import listed as listed
from stationmaster.domain.station_settings.settings import number as number
from stationmaster.domain.station_settings.settings import value as value
from stationmaster.domain.station_settings.streams import setting_streams as setting_streams
from stationmaster.domain.station_settings.table import Setting as Setting
from stationmaster.domain.station_settings.table import setting_changes as setting_changes
from stationmaster.domain.station_settings.table import station_settings as station_settings
