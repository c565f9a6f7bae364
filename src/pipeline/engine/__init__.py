"""How the stages are driven: on this machine, or on a Ray cluster. What they decide is the same."""
