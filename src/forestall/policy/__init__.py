"""What we conclude: a ruleset written by analysts, applied to findings. Pure; sees findings, never detectors."""
