"""A View as a page to keep, to print and to pass on: pure, but for its templates, which are read from this folder."""
