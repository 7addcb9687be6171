"""Migrations of the database: one file each in `versions`, run by `forestall.store.schema.migrate`."""
