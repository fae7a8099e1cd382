"""What the monitor costs, measured beside other tools. Nothing of the program imports this folder."""
