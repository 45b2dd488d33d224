"""The volume types that come with volops; they import only the package `volops`, as any plugin does."""
