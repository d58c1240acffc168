"""Server-rendered pages for account owners, with plain forms. They call the handlers of the API in process."""
