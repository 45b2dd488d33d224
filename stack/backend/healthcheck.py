"""Exit 0 when the application answers and reaches its database. Runs often: no Django here."""

import http.client
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=3)
connection.request("GET", "/api/health/", headers={"Host": "localhost"})
sys.exit(0 if connection.getresponse().status == 200 else 1)
