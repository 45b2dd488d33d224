"""Every address the backend answers; nginx sends /api/ and /admin/ here."""

from django.contrib import admin
from django.urls import path

from fieldnotes.views import sightings
from operations.views import health, status
from people.views import login, logout, me, users
from uploads.views import uploads

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/health/", health),
    path("api/status/", status),
    path("api/login/", login),
    path("api/logout/", logout),
    path("api/me/", me),
    path("api/users/", users),
    path("api/sightings/", sightings),
    path("api/uploads/", uploads),
]
