"""Routes, caller information and replies: how a package describes and answers requests without depending on HTTP."""
