"""What a visitor gets while a service behind the application is away."""

import logging

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse

log = logging.getLogger(__name__)


class ServiceUnavailable:
    """Answers 503 with the name of the missing service where a view could not reach one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception):
        if isinstance(error, OperationalError | InterfaceError):
            service = "db"
        elif isinstance(error, redis.ConnectionError | redis.TimeoutError):
            service = "cache"
        else:
            return None
        log.warning("%s %s: %s is away: %s", request.method, request.path, service, error)
        return JsonResponse({"error": f"{service} is not reachable"}, status=503)
