"""The web service: REST, websockets, and the page."""
