"""What must not leave, and how it is recognised."""
