"""Mail and text messages.

`outbox` stores a message in the caller's transaction, sends it after the commit, and retries until it is delivered,
refused for good, or expired. `model` is the message, `message_texts` and `sign_up_texts` its sentences, made of `sentences`, `render` and `mime` make a mail
of it, and `text` a text message. `transport` opens what the operator's URLs name: a mail server (`smtp`; `refusal`
classifies its refusals), a gateway for text messages (`gateway`), a file (`jsonl`) or the terminal (`console`); `recent_messages` remembers the last two for the development outbox. A
transport neither retries nor knows the database. No module here imports accounts or HTTP: the address and the
`User-Agent` of the request that a message reports are values of the message (`EventContext`).
"""
