"""Where the secrets of TLS connections come from: key log files, FIFOs and capture files."""
