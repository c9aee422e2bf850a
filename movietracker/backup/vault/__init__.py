"""The vault: backups at their destinations. Written nightly with proof, listed, checked, restored and removed."""
