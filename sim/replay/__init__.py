"""What ran once, run again: a seed of a run folder, or a live journal; looked into, changed from an instant on."""
