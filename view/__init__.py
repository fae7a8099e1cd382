"""Numbers become a `View`: one value with all that a screen, a page or another program shows, and its text."""
