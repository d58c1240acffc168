"""Mail and text messages: a message value becomes something delivered.

`model` is the value, `render` its words, `mime` its headers, and `transport.open_transport` turns the
operator's mail URL into the door it leaves by: a mail server (`smtp`; `refusal` knows what its refusals mean), a
file for tests and tooling (`jsonl`) or the terminal (`console`). A text message is worded by `text` and leaves by the operator's gateway (`gateway`), a
file or the terminal. Nothing here knows about accounts, requests or databases, and nothing retries.
"""
