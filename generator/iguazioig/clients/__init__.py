"""The ways of carrying a plan out."""
