"""The process: settings, HTTP, identity and the command line."""
