"""The attacker of what authorities get. It shares no code with what decides that."""
