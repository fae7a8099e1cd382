"""nginx asks by a subrequest for each request (auth_request)."""
