"""Runs rules of ModSecurity, such as the OWASP Core Rule Set (CRS), over exchanges without blocking any: a dry run."""
