"""How you come in: the command line, the API and the console. No logic behind a door."""
