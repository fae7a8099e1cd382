"""The console dashboard: a View becomes text (`console`), and the text is drawn on the terminal (`screen`)."""
