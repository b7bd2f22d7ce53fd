"""The connection: sockets, credentials, order, back-pressure, and commands that find their socket."""
