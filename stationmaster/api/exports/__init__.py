"""Rows as files: what a list shows, as CSV, XLSX, JSON, JSON lines or Parquet, written as it is read.

`formats` writes rows to whatever has a `write`; `streams` brings that to the client while it is being written.
"""
