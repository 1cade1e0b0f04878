"""What aimon promises about its cost, measured: `python -m bench`."""
