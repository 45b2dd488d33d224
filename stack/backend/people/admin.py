from django.contrib import admin

from people.models import Profile


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):
    list_display = ("user", "home", "bio")
    search_fields = ("user__username", "user__first_name", "user__last_name")
    autocomplete_fields = ("user", "home")
