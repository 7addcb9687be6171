"""Meta's ThreatExchange, over which GIFCT members share signals in privacy groups."""
