"""Every scenario of every feature file beside this module is a test."""

from pytest_bdd import scenarios

scenarios(".")
