"""Sessions, which are created only after every required factor has been verified."""
