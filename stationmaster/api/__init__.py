"""What people and programs touch: REST, live events, and the web application's files."""
