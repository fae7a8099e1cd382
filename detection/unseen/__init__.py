"""A model of what requests are usually like, host by host, which finds what no rule names."""
