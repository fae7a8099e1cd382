"""Learning from exchanges that people have labelled good or bad: labels, training, and a model of plain numbers."""
