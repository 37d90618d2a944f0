"""What stewards give to change what the data office keeps, and what they get back."""
