"""The API: a platform posts what its users posted, and gets decisions with their reasons. Described in `/openapi.json`."""
