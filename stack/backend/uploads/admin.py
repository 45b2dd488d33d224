from django.contrib import admin

from uploads.models import Upload


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin):
    list_display = ("title", "kind", "size", "owner", "created_at")
    list_filter = ("kind",)
    search_fields = ("title", "file")
    autocomplete_fields = ("owner", "sighting")
    readonly_fields = ("size", "sha256")
