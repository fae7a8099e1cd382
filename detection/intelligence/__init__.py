"""Threat intelligence: indicators of files in many formats, brought into one form and found in the traffic. Pure."""
