"""The paths that the five documents name, in their spelling: thin routes onto the same code (docs/compatibility.md).

They have the rights, the audit log and the limits of our own, and are left out of the OpenAPI document.
"""
