"""Proving by mail: that an address is its owner's, and who she is when she has forgotten her password."""
