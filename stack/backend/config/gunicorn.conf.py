"""gunicorn: two processes with a few threads each; stops within two seconds."""

bind = "0.0.0.0:8000"
workers = 2
threads = 4
preload_app = True
graceful_timeout = 2
worker_tmp_dir = "/dev/shm"
