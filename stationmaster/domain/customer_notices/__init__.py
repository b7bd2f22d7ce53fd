"""Customers' notices: what a customer wants to be told of, and is told once (docs/notices.md).

`choices` keeps what was chosen and what is offered, `telling` writes a notice, `following` hears what has happened, `looking` looks by the
clock at what nobody tells, `links` and `unsubscribing` are the way out. They are sent as alerts are (`background/notices.py`).
"""
