"""The log: exchanges and other records as lines of a format, to a file and to syslog daemons."""
