"""Mail: a message value becomes a delivered mail.

`model` is the value, `render` its words, `mime` its headers, and `transport.open_transport` turns the
operator's mail URL into the door it leaves by: a mail server (`smtp`), a file for tests and tooling (`jsonl`)
or the terminal (`console`). Nothing here knows about accounts, requests or databases, and nothing retries.
"""
