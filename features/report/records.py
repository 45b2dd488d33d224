"""Where features find what evidence is made of."""

from volops.testing.report.records import Exhibit, Recorder

__all__ = ["Exhibit", "Recorder"]
