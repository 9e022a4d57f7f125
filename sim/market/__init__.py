"""Other traders: models of flow, and recorded markets."""
