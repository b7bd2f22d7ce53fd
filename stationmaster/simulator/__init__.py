"""Simulated charging stations: an independent witness that speaks OCPP and knows nothing of the server's insides."""
