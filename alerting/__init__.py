"""Learning and enforcing: the table of states, the judge of the request rate, and the alerts it raised."""
