"""The full screen: a View that users can explore.

Pure functions of the View decide what is drawn (`*_lines`, `layout`, the tables); small Textual widgets, `app` and
`terminal` put it on the terminal.
"""
