"""How to talk to services: HTTP, downloads, pauses, the account and the client of OpenAI."""
