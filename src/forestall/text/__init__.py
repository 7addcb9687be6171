"""How we read language: folding, scripts, languages, sentences and quotes, visible text. Pure."""
