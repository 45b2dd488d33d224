"""Files that members give: photographs, recordings, tables, notes."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from uploads.naming import dated_path


class Upload(models.Model):
    class Kind(models.TextChoices):
        IMAGE = "image"
        SOUND = "sound"
        DOCUMENT = "document"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
    )
    sighting = models.ForeignKey(
        "fieldnotes.Sighting",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
    )
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    file = models.FileField(upload_to=dated_path, max_length=500, unique=True)
    thumbnail = models.ImageField(upload_to="thumbnails/", max_length=500, blank=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title
