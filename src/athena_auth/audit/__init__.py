"""What happened to whom, when and from where: an append-only trail, for whoever has to find out later."""
