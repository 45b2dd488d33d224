"""The engine Protocol on the Docker SDK: the only package that imports `docker`."""

from volops.docker.connection import connect
from volops.docker.engine import DockerEngine

__all__ = ["DockerEngine", "connect"]
