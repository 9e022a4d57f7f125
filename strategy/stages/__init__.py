"""The five stages of a quote, each a plain function from context to context."""
