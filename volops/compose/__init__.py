"""The compose project: what its files say, and the verbs that run it. All of it by `docker compose`."""

from volops.compose.cloning import Clone
from volops.compose.lifecycle import Compose, ServiceState
from volops.compose.options import ComposeOptions
from volops.compose.reading import load_stack

__all__ = ["Clone", "Compose", "ComposeOptions", "ServiceState", "load_stack"]
