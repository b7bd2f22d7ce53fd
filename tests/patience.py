"""How long a test waits for what must come. Only a failure takes so long: on a busy machine the good end comes late."""

PATIENCE_S = 60.0
