"""Members: Django's own users, and what a member tells about themselves."""

from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    home = models.ForeignKey("fieldnotes.Place", null=True, blank=True, on_delete=models.SET_NULL)
    bio = models.CharField(max_length=200, blank=True)
    avatar = models.ImageField(upload_to="avatars/", blank=True)

    def __str__(self) -> str:
        return self.user.get_full_name() or self.user.get_username()
