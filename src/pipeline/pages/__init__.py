"""The parts of reading an HTML page: its text, and what it says about itself."""
