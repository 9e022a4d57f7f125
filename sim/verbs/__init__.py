"""The verbs of ``sim``: one module each, imported only when it is spoken."""
