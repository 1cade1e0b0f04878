"""Hands: status lines, notifications, terminals, the settings of agents."""
