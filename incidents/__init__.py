"""Evidence of alerts: folders with the packets, the exchanges, the screen, and a summary of what happened."""
