"""How to talk to services: HTTP, downloads, pauses, the client of OpenAI, prices."""
