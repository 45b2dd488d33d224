from django.contrib import admin

from fieldnotes.models import Comment, Place, Sighting, Species, Tag


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    list_display = ("name", "latitude", "longitude")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Species)
class SpeciesAdmin(admin.ModelAdmin):
    list_display = ("name", "latin_name", "family")
    list_filter = ("family",)
    search_fields = ("name", "latin_name")


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    search_fields = ("name",)


class CommentInline(admin.TabularInline):
    model = Comment
    extra = 0
    autocomplete_fields = ("author",)


@admin.register(Sighting)
class SightingAdmin(admin.ModelAdmin):
    list_display = ("reference", "species", "place", "observer", "seen_at")
    list_filter = ("species__family", "tags")
    search_fields = ("reference", "species__name", "place__name", "note")
    autocomplete_fields = ("observer", "species", "place", "tags")
    date_hierarchy = "seen_at"
    inlines = [CommentInline]
