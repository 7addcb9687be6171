"""What people decide, and who they are. Rules for people live here, without a browser."""
