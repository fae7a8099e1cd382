"""Renders a View as an HTML page. It is pure, except that it reads its templates from this folder."""
