"""The inline proxy: what its user asked for, its certificates, its frames, and what it refused."""
