"""Write the next migration from the difference between the tables in the code and an up-to-date database.

python tools/new_migration.py "What changes"
"""

import importlib
import pkgutil
import re
import sys

from alembic import command
from sqlalchemy import create_engine

import stationmaster.domain
from stationmaster.storage import migrations

for module in pkgutil.iter_modules(stationmaster.domain.__path__, "stationmaster.domain."):
    importlib.import_module(module.name)

message = " ".join(sys.argv[1:]) or sys.exit(__doc__)
engine = create_engine("sqlite://")
number = f"{int(migrations.head()) + 1 if list((migrations.HERE / 'versions').glob('[0-9]*.py')) else 1:04d}"
with engine.connect() as connection:
    config = migrations._config(connection)
    config.set_main_option("file_template", "%%(rev)s_" + re.sub(r"\W+", "_", message.lower()).strip("_")[:40])
    if number != "0001":
        command.upgrade(config, "head")
    command.revision(config, message=message, autogenerate=True, rev_id=number)
