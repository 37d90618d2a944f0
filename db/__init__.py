"""The relational language, its compiler and the way to PostgreSQL."""
