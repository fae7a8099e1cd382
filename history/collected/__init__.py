"""What a collector keeps of many sensors: a history file for each, and how these are added up."""
