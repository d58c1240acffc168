"""The enforcement policy: which accounts must have a second factor, and by when."""
