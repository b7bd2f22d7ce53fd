"""OCPP-J as a library: frames and typed messages of 1.6, 2.0.1 and 2.1. No database, no sockets, no business."""
