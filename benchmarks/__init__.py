"""How fast volops is, beside what one would do without it. `make bench`; docs/benchmarks.md explains it."""
