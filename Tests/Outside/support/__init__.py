"""What the outside checks have in common."""
