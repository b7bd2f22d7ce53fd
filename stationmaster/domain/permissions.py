"""What somebody may do, in fine grains, and the roles that gather them. A new role is a line in `ROLES`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from stationmaster.domain.errors import Invalid


class Permission(StrEnum):
    """What a route asks of its caller; every route names one."""

    PUBLIC = "public"  # nobody has to be asked
    LOGGED_IN = "logged_in"  # whoever has said who they are, in any role
    DISCOVER = "discover"  # where one can charge: what a map shows
    VIEW = "view"
    OPERATE = "operate"  # send commands, manage cards
    RAW_CALL = "raw_call"  # send a charger any message, UpdateFirmware from any address included
    DEPLOY_FIRMWARE = "deploy_firmware"  # upload firmware, and update chargers with it (ATK-12)
    CORRECT_SESSIONS = "correct_sessions"  # end, correct, exclude and restore sessions
    VIEW_CUSTOMERS = "view_customers"  # names, phones and e-mails of people
    MANAGE_CUSTOMERS = "manage_customers"
    HANDLE_MONEY = "handle_money"  # enter payments, give money back, write off what is owed
    ADMINISTER = "administer"  # add, change and remove chargers, sites and tariffs
    MANAGE_USERS = "manage_users"
    MANAGE_KEYS = "manage_keys"
    VIEW_AUDIT = "view_audit"
    SEE_SECRETS = "see_secrets"  # passwords and signed addresses inside messages and settings
    OWN = "own"  # make owners of others, rename the organization
    MANAGE_ORGANIZATIONS = "manage_organizations"  # of the whole installation; counts in its own organization only


_EVERYBODYS = frozenset({Permission.PUBLIC, Permission.LOGGED_IN})  # so nobody is given them
_OWNER = frozenset(Permission) - _EVERYBODYS
_DRIVER = frozenset({Permission.DISCOVER})  # beside what is their own
_VIEWER = _DRIVER | {Permission.VIEW}
_OPERATOR = _VIEWER | {
    Permission.OPERATE,
    Permission.CORRECT_SESSIONS,
    Permission.VIEW_CUSTOMERS,
    Permission.MANAGE_CUSTOMERS,
}

ROLES: dict[str, frozenset[Permission]] = {
    "owner": _OWNER,
    "administrator": _OWNER - {Permission.OWN, Permission.MANAGE_ORGANIZATIONS},
    "technician": _OPERATOR | {Permission.RAW_CALL, Permission.DEPLOY_FIRMWARE},
    "operator": _OPERATOR,
    "viewer": _VIEWER,
    "driver": _DRIVER,
}


_AT_HOME = frozenset({Permission.MANAGE_ORGANIZATIONS})


def of_role(role: str, *, at_home: bool = False) -> frozenset[Permission]:
    """What a role may do; nothing, when there is no such role any more. `at_home`: in the organization that runs the installation."""
    return there(ROLES.get(role, frozenset()), at_home=at_home)


def there(held: frozenset[Permission], *, at_home: bool) -> frozenset[Permission]:
    """Of these permissions, those that count in an organization."""
    return held if at_home else held - _AT_HOME


def roles_with(permission: Permission) -> list[str]:
    """The roles that hold a permission."""
    return [role for role, held in ROLES.items() if permission in held]


def check_role(role: str) -> None:
    """Raises `Invalid`."""
    if role not in ROLES:
        raise Invalid("role", "must be one of {known}", known=", ".join(ROLES))


def named(names: Iterable[str]) -> frozenset[Permission]:
    """Permissions by their names. Raises `Invalid`."""
    found = set()
    for name in names:
        if name not in list(Permission) or name in _EVERYBODYS:
            raise Invalid("permissions", "there is no permission {name!r}", name=name)
        found.add(Permission(name))
    return frozenset(found)


def check_grant(given: frozenset[Permission], mine: frozenset[Permission], field: str) -> None:
    """Nobody gives others more than they may do themselves. Raises `Invalid`."""
    if not given <= mine:
        raise Invalid(field, "gives more than you may do yourself: {more}", more=", ".join(sorted(given - mine)))
