"""What we notice. Each family of detectors has a package of its own; families do not know each other."""
