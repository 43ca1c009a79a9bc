"""What runs on the other side of the walls. Standard library only until the walls stand."""
