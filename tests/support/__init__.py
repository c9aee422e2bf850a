"""What several tests share: the shapes of the contract, databases of their own, a live server."""
