"""From the journal of a live process to a scenario: its market, its config, and what went wrong around it."""
