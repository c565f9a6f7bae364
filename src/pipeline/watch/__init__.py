"""How a run is seen from outside: figures for Prometheus, and pings to a service that misses them."""
