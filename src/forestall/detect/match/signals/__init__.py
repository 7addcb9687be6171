"""The signal types we know, one file each; `detect.match.types` lists them."""
