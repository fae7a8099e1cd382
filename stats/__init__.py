"""Statistics, one file each. A file added here and named in `Config.statistics` appears on the screen."""
