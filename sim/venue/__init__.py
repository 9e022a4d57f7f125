"""The exchange: matching, accounts, limits, regimes and feeds, in the strategy's own vocabulary."""
