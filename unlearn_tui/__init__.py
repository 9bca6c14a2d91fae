"""The terminal app. It shows what the core's catalog holds and computes nothing itself."""
