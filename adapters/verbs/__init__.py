"""The verbs of ``live``: one module each, imported only when it is spoken."""
