"""Types with which a slice declares routes and answers requests without a web framework: routes, callers, fields, replies."""
