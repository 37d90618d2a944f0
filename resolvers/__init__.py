"""Where the contract and the database meet: operations become plans, rows become answers."""
