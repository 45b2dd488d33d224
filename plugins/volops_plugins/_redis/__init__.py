"""How a Redis server is asked: the script that runs beside its container, and its Python side."""
