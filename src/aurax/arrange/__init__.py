"""Arranging audio: what was generated and separated becomes stems that follow a form on a grid."""
