"""Byte streams out of containers: a helper container, a named pipe to this process, and the ways without one.

A helper lives as long as we hold its standard input open, so it ends by itself when this process dies.
Programs are started in it, several at once if need be. Where the engine shares this machine's kernel their
output comes through a named pipe in a private directory, which no stream of the Docker API comes near in
speed; elsewhere through the API.
"""

from volops.mover.helper import Helper
from volops.mover.shell import ContainerShell, HelperShell

__all__ = ["ContainerShell", "Helper", "HelperShell"]
