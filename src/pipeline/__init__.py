"""Newsfold: folds the day's news into one checked, mailed digest."""
