"""The dashboard: numbers become a View (`builder`), the View text (`console`), the text a picture (`screen`)."""
