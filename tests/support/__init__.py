"""Helpers of the tests. Only the clock and the mailbox are fakes; every other service is real."""
