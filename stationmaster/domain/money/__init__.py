"""Money, and what a session costs: pure functions over frozen values. docs/money.md has the rules, decision 0035 the rounding."""
