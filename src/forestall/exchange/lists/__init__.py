"""Lists as authorities and operators publish them: sanctions lists of the UN, EU, US and UK, and plain text and CSV of one's own.

Only organisations are read. People on these lists are counted and left out, whatever the file holds: we score content, not persons.
"""

from forestall.exchange.lists.formats import LARGEST_FILE, ListFormats, load

__all__ = ["LARGEST_FILE", "ListFormats", "load"]
