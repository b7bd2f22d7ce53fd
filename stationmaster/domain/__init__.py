"""What we know and decide. Plain synchronous functions `f(work, …)`; no protocol version exists here."""
