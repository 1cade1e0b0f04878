"""Where sessions are told to other programs."""
