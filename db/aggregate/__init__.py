"""What is counted of many treatments: live under row security, or as it was published."""
