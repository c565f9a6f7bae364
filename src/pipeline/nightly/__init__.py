"""The night: the one package that knows the order of the stages."""
