"""Making a failing run smaller until nothing of it can go, without drifting to another failure."""
