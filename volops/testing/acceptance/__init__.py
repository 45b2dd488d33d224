"""The acceptance criteria for any stack: `pytest --pyargs volops.testing.acceptance --stack FILE`."""
