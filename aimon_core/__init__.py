"""What a session is: events, ledger, state, money, journal; knows no screen and no network."""
