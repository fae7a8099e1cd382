"""The full-screen interface: a View as a screen to look around in. What is drawn is decided by pure functions of the
View (`*_lines`, `layout`), and put on the terminal by small Textual widgets, `app` and `terminal`.
"""
