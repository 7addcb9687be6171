"""Backtests: what a new ruleset would have decided otherwise, on everything that was decided before.

`plan` says which rules differ and which decisions they can touch, `tally` counts what changes (sums of parts are the whole), `run`
does it over a store or files, in several processes where that pays, and `impact` says what it means for people.
"""
