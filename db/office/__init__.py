"""The data office: what stewards change, checked, in one transaction with its audit entry."""
