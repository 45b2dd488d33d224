"""What members saw, where, and what others said about it."""

from django.conf import settings
from django.db import models


class Place(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True, max_length=100)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Species(models.Model):
    name = models.CharField(max_length=100)
    latin_name = models.CharField(max_length=100, unique=True)
    family = models.CharField(max_length=60, db_index=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "species"

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.SlugField(unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Sighting(models.Model):
    reference = models.CharField(max_length=12, unique=True)
    observer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sightings")
    species = models.ForeignKey(Species, on_delete=models.PROTECT, related_name="sightings")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="sightings")
    tags = models.ManyToManyField(Tag, blank=True, related_name="sightings")
    seen_at = models.DateTimeField(db_index=True)
    individuals = models.PositiveIntegerField(default=1)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-seen_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(individuals__gt=0), name="sighting_has_individuals")
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.species}"


class Comment(models.Model):
    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    body = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return self.body[:60]
