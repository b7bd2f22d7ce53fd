"""What each version means: one function per message, no SQL, no business rules."""
