import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import uploads.naming


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("fieldnotes", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("image", "Image"), ("sound", "Sound"), ("document", "Document")],
                        max_length=10,
                    ),
                ),
                (
                    "file",
                    models.FileField(max_length=500, unique=True, upload_to=uploads.naming.dated_path),
                ),
                (
                    "thumbnail",
                    models.ImageField(blank=True, max_length=500, upload_to="thumbnails/"),
                ),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sighting",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to="fieldnotes.sighting",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
    ]
