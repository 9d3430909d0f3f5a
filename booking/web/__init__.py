"""The pages: each module serves one reader."""
