"""What our mails say, in plain English. `{link}` is the one-time link, `{organization}` whose account it is."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    subject: str
    body: str


TEXTS = {
    "invitation": Text(
        "Your account at {organization}",
        "Somebody at {organization} has made an account for you, {email}.\n\n"
        "Choose a password here, and sign in:\n{link}\n\n"
        "The link works once, for seven days. If you do not know what this is about, do nothing.",
    ),
    "password": Text(
        "A new password",
        "Choose a new password for your account {email} at {organization} here:\n{link}\n\n"
        "The link works once, for 30 minutes. You will be signed out everywhere. If you have not asked for it, do nothing:"
        " your password stays as it is.",
    ),
    "registration": Text(
        "Please confirm your address",
        "Somebody, probably you, has registered the address {email} at {organization}.\n\n"
        "Confirm it here, and sign in:\n{link}\n\n"
        "The link works once, for one day. If it was not you, do nothing.",
    ),
    "email": Text(
        "Please confirm your new address",
        "Your account at {organization} is to have the address {email}.\n\n"
        "Confirm it here:\n{link}\n\n"
        "The link works once, for one day. If you have not asked for it, do nothing.",
    ),
    "known": Text(
        "You have an account already",
        "Somebody, probably you, wanted to use the address {email} for an account. It has one already, at {organization}.\n\n"
        "If you have forgotten your password, ask for a new one where you sign in:\n{link}\n\n"
        "If it was not you, do nothing.",
    ),
    "moved": Text(
        "Your account has another address",
        "Your account at {organization} had the address {email}. From now on you sign in with {now}.\n\n"
        "If you have not asked for that, tell an administrator of {organization} at once.",
    ),
    "owed": Text(
        "Your payment to {organization} did not go through",
        "{now} for charging is still open at {organization}: the payment did not go through.\n\n"
        "You can pay it here:\n{link}\n\n"
        "If you have paid it meanwhile, there is nothing more to do.",
    ),
    "file_failed": Text(
        "A file for the accountant has not arrived",
        "{organization} could not send this file, five times:\n\n{now}\n\n"
        "It is not tried any more. Look at what is wrong, and send it again; it will be the same file:\n{link}",
    ),
}
