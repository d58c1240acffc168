"""What every room may know: identifiers, the clock, and how a use case says no. Imports nothing of ours."""
