"""Tech Against Terrorism's Terrorist Content Analytics Platform (TCAP): its hash lists, its URL hash list, its CSV export."""
