"""What scenarios act on: compose projects of their own, the installed volops, backups on disk."""
