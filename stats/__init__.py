"""Statistics, one file each. A file dropped here and named in `Config.statistics` is on the screen."""
