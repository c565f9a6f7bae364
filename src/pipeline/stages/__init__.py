"""The stages of the night, one module each; none imports another."""
