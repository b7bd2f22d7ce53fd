"""Work that nobody waits for: deliveries with retries, timers."""
