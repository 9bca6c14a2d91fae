"""What a person may ask for: frozen, typed configs without torch."""
