"""A plugin that lacks something it needs."""

raise ImportError("libdocument.so.1 is not installed,\nsay the authors")
