"""Bytes in, arrays out: readers of files that are not trusted; nothing in them is executed."""
