"""Queries of pages, feeds and service functions, one module for each reader."""
