"""Papers, prompts, pictures and money: the library, which does not know Prefect."""
